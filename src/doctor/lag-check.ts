import { projectSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import { labelDefinitions } from '../metric/labels.ts';
import type { SecondCounts } from '../sls/second-counts.ts';
import { failed, ok, skipped, type Finding } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';

/** How far back a late line is looked for. */
const reachSeconds = 300;
/** Between counts; a collector ships every few seconds. */
const pauseMs = 5000;
const counts = 3;
/** More than this share of late lines makes readings wrong. Source: docs/decisions/learned-delay.md. */
const tolerableShare = 0.0005;

export interface CountedAt {
  /** Unix seconds. */
  readonly atSeconds: number;
  readonly counts: SecondCounts;
}

export interface Lag {
  /** Lines that came between the first count and the last. */
  readonly lines: number;
  /** A window that ends this long before now is complete; tolerably so: a few stragglers are left out. */
  readonly neededSeconds: number;
  /** Share of the lines that a window with that delay missed. */
  readonly missedWith: (delaySeconds: number) => number;
}

/** Counts by the second, twice and more: what has grown meanwhile came late by the second's age. */
export const lag: DoctorCheck = {
  id: 'lag',
  what: 'How late lines come, measured over 10 s, against the delay of the windows',
  after: ['freshness'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const probe = examination.facts.get('probe');
    const silentSeconds =
      examination.around.clock.now() / 1000 - ((probe.error ? 0 : probe.newestSeconds) ?? 0);
    if (silentSeconds > reachSeconds) return skipped('no line came lately that it could be measured by');
    const taken: CountedAt[] = [];
    for (let index = 0; index < counts; index += 1) {
      if (index > 0) await examination.around.pause(pauseMs, signal);
      signal.throwIfAborted();
      taken.push(await countNow(examination, signal));
    }
    const measured = lagOf(taken);
    if (measured.lines === 0) return skipped('no line came while it was measured');
    const { project } = examination.facts.get('target').address;
    return judgeLag(measured, examination, projectSettings(examination.facts.get('config'))(project).reading);
  },
};

async function countNow({ around, facts }: Examination, signal: AbortSignal): Promise<CountedAt> {
  const atSeconds = Math.floor(around.clock.now() / 1000);
  const window = { startSeconds: atSeconds - reachSeconds, endSeconds: atSeconds };
  const asked = { ...facts.get('target').address, window, plannedAtSeconds: atSeconds };
  return { atSeconds, counts: await facts.get('sls').seconds.query(asked, signal) };
}

/** @param taken oldest first */
export function lagOf(taken: readonly CountedAt[]): Lag {
  /** Age that a second had at the last count without them → lines that came to it afterwards. */
  const byAge = new Map<number, number>();
  for (const [index, later] of taken.slice(1).entries()) {
    const before = taken[index];
    if (before === undefined) continue;
    for (const [second, count] of later.counts) {
      const grown = count - (before.counts.get(second) ?? 0);
      // A second that was not over yet then is not late.
      const age = Math.max(0, before.atSeconds - second);
      if (grown > 0) byAge.set(age, (byAge.get(age) ?? 0) + grown);
    }
  }
  const lines = [...byAge.values()].reduce((sum, count) => sum + count, 0);
  const missedWith = (delaySeconds: number) => {
    const late = [...byAge].reduce((sum, [age, count]) => (age > delaySeconds ? sum + count : sum), 0);
    return lines === 0 ? 0 : late / lines;
  };
  const ages = [0, ...byAge.keys()].sort((one, other) => one - other);
  const neededSeconds = ages.find((age) => missedWith(age) <= tolerableShare) ?? 0;
  // At a count, up to a second more had passed than its whole seconds say.
  return { lines, neededSeconds: neededSeconds === 0 ? 0 : neededSeconds + 1, missedWith };
}

/** The delay that windows have: the request's, else the fixed one, else what is learned up to a limit. */
function judgeLag(
  measured: Lag,
  { facts }: Examination,
  reading: Pick<Config['reading'], 'delaySeconds' | 'delay'>,
): Finding {
  const { request, address } = facts.get('target');
  const fixed = request.delaySeconds ?? reading.delaySeconds;
  const { initialSeconds, mostSeconds } = reading.delay;
  const limit = fixed ?? mostSeconds;
  const { neededSeconds, missedWith } = measured;
  const needed = `lines come up to ${neededSeconds} s late`;
  if (missedWith(limit) > tolerableShare) {
    const share = `${(missedWith(limit) * 100).toFixed(1)} %`;
    const found = `${needed}; windows end ${limit} s ago${fixed === undefined ? ' at the most' : ''} and miss ${share} of what comes`;
    return failed(
      found,
      'Look at why the collector is late (its CPU, its queue); until then end windows earlier:',
      delayToWrite(neededSeconds, request.delaySeconds, reading.delaySeconds),
    );
  }
  if (fixed !== undefined) return ok(`${needed}; windows end ${fixed} s ago`);
  if (neededSeconds <= initialSeconds)
    return ok(`${needed}; the delay starts at ${initialSeconds} s and is learned`);
  return ok(`${needed}; the adapter of ${address.project} learns a delay that long`);
}

/** The setting that the delay came from, with what it needs. */
function delayToWrite(seconds: number, requested: number | undefined, fixed: number | undefined): string {
  if (requested !== undefined) return `${labelDefinitions.delay.name}=${seconds}`;
  return fixed === undefined
    ? `reading:\n  delay:\n    mostSeconds: ${seconds}`
    : `reading:\n  delaySeconds: ${seconds}`;
}
