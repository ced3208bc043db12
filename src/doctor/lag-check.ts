import type { Config } from '../config/schema.ts';
import { projectSettings } from '../config/project-settings.ts';
import { labelDefinitions } from '../metric/labels.ts';
import type { SecondCounts } from '../sls/second-counts.ts';
import { failed, ok, skipped, type Finding } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';

/** How far back late lines are looked for. */
const reachSeconds = 300;
/** Between two counts. A collector ships lines every few seconds. */
const pauseMs = 5000;
const countsTaken = 3;
/** A larger share of missed lines makes readings wrong. Source: docs/decisions/learned-delay.md. */
const tolerableShare = 0.0005;

/** Lines by second, as counted at one time. */
interface CountsAt {
  /** Unix seconds. */
  readonly atSeconds: number;
  readonly counts: SecondCounts;
}

/** Counts lines by second several times. A second that has more lines than before received them late, by its age. */
export const lag: DoctorCheck = {
  id: 'lag',
  description:
    'Windows end late enough: measures over 10 s how late lines arrive, and compares it with the delay',
  needs: ['freshness'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const { dependencies, facts } = examination;
    const probe = facts.get('probe');
    const newestSeconds = (probe.error ? 0 : probe.newestSeconds) ?? 0;
    if (dependencies.clock.now() / 1000 - newestSeconds > reachSeconds)
      return skipped('there are no recent lines to measure with');
    const taken: CountsAt[] = [];
    for (let index = 0; index < countsTaken; index += 1) {
      if (index > 0) await dependencies.pause(pauseMs, signal);
      signal.throwIfAborted();
      taken.push(await countNow(examination, signal));
    }
    const measured = lagOf(taken);
    if (measured.lines === 0) return skipped('no line arrived during the measurement');
    const { project } = facts.get('target').address;
    const finding = judgeLag(measured, examination, projectSettings(facts.get('config'))(project).reading);
    facts.learn({ linesComeTooLate: finding.status === 'failed' });
    return finding;
  },
};

async function countNow({ dependencies, facts }: Examination, signal: AbortSignal): Promise<CountsAt> {
  const atSeconds = Math.floor(dependencies.clock.now() / 1000);
  const window = { startSeconds: atSeconds - reachSeconds, endSeconds: atSeconds };
  const query = { ...facts.get('target').address, window, plannedAtSeconds: atSeconds };
  return { atSeconds, counts: (await facts.get('sls').countSeconds(query, signal)).lines };
}

/**
 * Returns the number of `lines` that arrived between the first and the last count, what share of them a window with a
 * delay misses, and the delay with which a window is complete, but for a tolerable share of stragglers.
 *
 * @param taken oldest first
 */
export function lagOf(taken: readonly CountsAt[]) {
  /** The age of a second when it was last counted without the lines → the lines that it received afterwards. */
  const linesByAge = new Map<number, number>();
  for (const [index, later] of taken.slice(1).entries()) {
    const before = taken[index];
    if (before === undefined) continue;
    for (const [second, count] of later.counts) {
      const added = count - (before.counts.get(second) ?? 0);
      // Lines of a second that was not over yet are not late.
      const age = Math.max(0, before.atSeconds - second);
      if (added > 0) linesByAge.set(age, (linesByAge.get(age) ?? 0) + added);
    }
  }
  const lines = [...linesByAge.values()].reduce((sum, count) => sum + count, 0);
  const missedWith = (delaySeconds: number) => {
    const late = [...linesByAge].reduce((sum, [age, count]) => (age > delaySeconds ? sum + count : sum), 0);
    return lines === 0 ? 0 : late / lines;
  };
  const ages = [0, ...linesByAge.keys()].sort((one, other) => one - other);
  const neededSeconds = ages.find((age) => missedWith(age) <= tolerableShare) ?? 0;
  // Ages are in whole seconds, so the true age may be up to a second more.
  return { lines, neededSeconds: neededSeconds === 0 ? 0 : neededSeconds + 1, missedWith };
}

/** Compares with the delay of the request, else with the fixed delay, else with the longest one that can be learned. */
function judgeLag(
  { neededSeconds, missedWith }: ReturnType<typeof lagOf>,
  { facts }: Examination,
  { delaySeconds, delay }: Pick<Config['reading'], 'delaySeconds' | 'delay'>,
): Finding {
  const { request, address } = facts.get('target');
  const fixedSeconds = request.delaySeconds ?? delaySeconds;
  const limitSeconds = fixedSeconds ?? delay.mostSeconds;
  const lateness = `lines arrive up to ${neededSeconds} s late`;
  if (missedWith(limitSeconds) > tolerableShare) {
    const share = `${(missedWith(limitSeconds) * 100).toFixed(1)} %`;
    const most = fixedSeconds === undefined ? 'at most ' : '';
    return failed(
      `${lateness}; windows end ${most}${limitSeconds} s ago and miss ${share} of the lines`,
      'Find out why the collector is late (its CPU, its queue). Until then end windows earlier:',
      delayToWrite(neededSeconds, request.delaySeconds, delaySeconds),
    );
  }
  if (fixedSeconds !== undefined) return ok(`${lateness}; windows end ${fixedSeconds} s ago`);
  if (neededSeconds <= delay.initialSeconds)
    return ok(`${lateness}; the delay starts at ${delay.initialSeconds} s and is learned`);
  return ok(`${lateness}; the adapter learns a delay of that length for ${address.project}`);
}

/** Returns the setting that the delay came from, with the value that is needed. */
function delayToWrite(
  seconds: number,
  requestedSeconds: number | undefined,
  fixedSeconds: number | undefined,
): string {
  if (requestedSeconds !== undefined) return `${labelDefinitions.delay.name}=${seconds}`;
  return fixedSeconds === undefined
    ? `reading:\n  delay:\n    mostSeconds: ${seconds}`
    : `reading:\n  delaySeconds: ${seconds}`;
}
