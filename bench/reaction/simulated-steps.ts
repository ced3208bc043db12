import { seeded } from '../../test/support/seeded.ts';
import { poissonLog, readLog } from '../adaptive/simulation.ts';
import { pacedReads, type PacedRead } from './paced-reads.ts';
import { asksForEnough } from './reaction.ts';

/** How the readings come about. */
type Policy = 'stock' | 'fixed' | 'adaptive';

interface SimulatedSteps {
  /** Requests per second before the step. */
  readonly rate: number;
  readonly factor: number;
  readonly hpas: number;
  /** How many moments of 15 s have reads. */
  readonly phases: number;
  readonly steps: number;
}

/** The log is known for this long before a step, and the adapter has read it. */
const beforeSeconds = 400;
const afterSeconds = 120;
/** Learned where lines come up to 4 s late. */
const delaySeconds = 5;
const stockDelaySeconds = 10;
const slsSeconds = 0.08;

/**
 * Simulates steps of Poisson traffic, with the beats, the pacer and the windows of the adapter.
 *
 * @returns the seconds from each step until its HPA has read a value that asks for enough replicas
 */
export function simulateSteps(of: SimulatedSteps, policy: Policy): number[] {
  const random = seeded(of.rate * of.factor);
  const { reads } = pacedReads({
    readers: of.hpas,
    phases: of.phases,
    seconds: 120 + beforeSeconds + afterSeconds,
  });
  const byReader = [...Map.groupBy(reads, ({ reader }) => reader).values()];
  const originSeconds = Math.floor(Math.min(...reads.map(({ atMs }) => atMs)) / 1000);
  return Array.from({ length: of.steps }, (_, index) => {
    const stepSeconds = originSeconds + beforeSeconds - 15 * random();
    const rates = Array.from({ length: beforeSeconds + afterSeconds }, (__, second) => {
      const share = Math.min(1, Math.max(0, originSeconds + second + 1 - stepSeconds));
      return of.rate * (1 + (of.factor - 1) * share);
    });
    const log = poissonLog(rates, random);
    const endOf = ({ atMs, queriedMs }: PacedRead) =>
      policy === 'stock'
        ? Math.floor(atMs / 1000) - stockDelaySeconds
        : Math.floor(queriedMs / 1000) - delaySeconds;
    const own = (byReader[index % byReader.length] ?? []).filter((read) => endOf(read) >= originSeconds + 60);
    const ends = own.map((read) => endOf(read) - originSeconds);
    const readings = readLog(log, ends, policy === 'adaptive' ? 'adaptive' : 'fixed');
    const step = { toPerSecond: of.rate * of.factor };
    const enough = own.find((read, at) => {
      const value = readings[at]?.perSecond ?? 0;
      return read.atMs / 1000 > stepSeconds && asksForEnough(step, { value });
    });
    const waitSeconds = policy === 'stock' ? slsSeconds : 0;
    return (enough?.atMs ?? Number.NaN) / 1000 + waitSeconds - stepSeconds;
  });
}
