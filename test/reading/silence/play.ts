import { AdapterError, toAdapterError } from '../../../src/errors.ts';
import { seriesWith } from '../series.ts';
import type { Outcome, Scenario } from './scenarios.ts';
import { SimulatedLogs, startAdapter } from './simulated-logs.ts';

const betweenReads = 5;

/** Lets a scenario happen second by second, and reads every 5 s. */
export async function play(scenario: Omit<Scenario, 'title' | 'expected'>) {
  const { sent, collects = () => true, collectedShare = () => 1, slsFails = () => false } = scenario;
  const logs = new SimulatedLogs();
  const { heldUntil } = scenario;
  if (heldUntil !== undefined)
    logs.heldUntil = (second, route) => logs.startSeconds + heldUntil(second - logs.startSeconds, route);
  let adapter = startAdapter(logs, scenario.options);
  const series = seriesWith({ route: scenario.route });
  const isFixed = scenario.options?.fixedDelaySeconds !== undefined;
  const readings: { readonly at: number; readonly outcome: Outcome; readonly value: number }[] = [];
  const ended: string[] = [];
  const waiting = new Map<string, number>();
  let probes = 0;
  let reads = 0;
  for (let second = 0; second < scenario.untilSeconds; second++) {
    const stamp = logs.startSeconds + second;
    for (const [route, lines] of Object.entries(sent(second)))
      waiting.set(route, (waiting.get(route) ?? 0) + Math.round(lines * collectedShare(second)));
    if (collects(second)) {
      for (const [route, lines] of waiting) logs.log(stamp, route, lines);
      waiting.clear();
    }
    logs.clock.advance(1000);
    logs.failure = slsFails(second) ? new AdapterError('SlsUnavailable', 'down') : undefined;
    if (second === scenario.restartsAt) {
      ended.push(...adapter.events);
      adapter = startAdapter(logs, scenario.options);
    }
    if (second < 40 || second % betweenReads > 0) continue;
    const before = logs.counts;
    // Between probes the learner would wait by the real clock.
    if (!isFixed && second % 20 === 0) await adapter.learn([series]);
    probes += logs.counts - before;
    reads += 1;
    const { value, code } = await adapter.read(series).then(
      (reading) => ({ value: reading.value, code: undefined }),
      (thrown: unknown) => ({ value: Number.NaN, code: toAdapterError(thrown).code as Outcome }),
    );
    const wanted = averageOf(scenario, second);
    const number = value === 0 ? 'zero' : value >= wanted * 0.799 ? 'full' : 'low';
    readings.push({ at: second, outcome: code ?? number, value });
  }
  return { readings, events: [...ended, ...adapter.events], extraQueries: logs.counts - probes, reads };
}

/** Returns the lines a second that were sent in the window of a reading, at most as late as its delay. */
function averageOf({ sent, route }: Pick<Scenario, 'sent' | 'route'>, second: number): number {
  let sum = 0;
  for (let one = second - 24; one < second - 9; one++)
    for (const [name, lines] of Object.entries(sent(one)))
      if (route === undefined || route === name) sum += lines;
  return sum / 15;
}
