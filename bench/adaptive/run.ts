import { readFileSync } from 'node:fs';
import process from 'node:process';
import {
  beat,
  mean,
  poissonLog,
  readLog,
  replicaChanges,
  secondsToRight,
  shrunkReadings,
} from './simulation.ts';
import { seeded, type Random } from '../../test/support/seeded.ts';

/**
 * `node bench/adaptive/run.ts [trace file:seconds of a bin]...` prints the figures of docs/decisions/adaptive-window.md. A
 * trace has one count a line, the last field of a line that begins with a digit.
 */
const days = 10;
const daySeconds = 86_400;
const random = seeded(1);
const perDay = (count: number, seconds: number) => ((count * daySeconds) / seconds).toFixed(2);
const changesPerHour = (log: Float64Array, mode: 'adaptive' | 'fixed') => {
  const readings = readLog(log, beat(log, 15), mode);
  const targets = [3, 5, 8].map((pods) => mean(log) / (pods - 0.5));
  const changes = targets.map((target) => replicaChanges(readings, target));
  return ((mean(changes) * 3600) / log.length).toFixed(3);
};

console.log('Steady Poisson traffic: shrunk episodes a day and series, and replica changes an hour');
for (const rate of [1, 2, 5, 10, 50, 200]) {
  const log = poissonLog(new Float64Array(days * daySeconds).fill(rate), random);
  const episodes = [15, 5].map((beatSeconds) => {
    const found = shrunkReadings(log, readLog(log, beat(log, beatSeconds), 'adaptive'));
    return `every ${beatSeconds} s ${perDay(found.episodes, log.length)}`;
  });
  const changes = (['fixed', 'adaptive'] as const).map((mode) => `${mode} ${changesPerHour(log, mode)}`);
  console.log(`  ${rate}/s: ${episodes.join(', ')}; changes ${changes.join(', ')}`);
}

console.log('Steps: mean and 95 % of the seconds until the HPA asks for enough replicas');
for (const [rate, factor] of [
  [10, 1.5],
  [10, 2],
  [10, 5],
  [50, 1.5],
  [50, 2],
  [50, 5],
  [5, 9],
  [1, 5],
] as const) {
  const figures = (['stock', 'fixed', 'adaptive'] as const).map((mode) => {
    const times = Array.from({ length: 2000 }, () => secondsToRight(rate, factor, mode, random)).sort(
      (a, b) => a - b,
    );
    return `${mode} ${mean(times).toFixed(1)} (${times[1900]?.toFixed(1)})`;
  });
  console.log(`  ${rate}/s x${factor}: ${figures.join(', ')}`);
}

for (const argument of process.argv.slice(2)) {
  const [file = '', bin = '1'] = argument.split(':');
  const log = logOfTrace(file, Number(bin), random);
  const found = shrunkReadings(log, readLog(log, beat(log, 15), 'adaptive'));
  const changes = (['fixed', 'adaptive'] as const).map((mode) => `${mode} ${changesPerHour(log, mode)}`);
  console.log(
    `${file}: ${mean(log).toFixed(2)}/s, ${(log.length / daySeconds).toFixed(2)} days, a day: ` +
      `${perDay(found.readings, log.length)} shrunk readings, ${perDay(found.episodes, log.length)} episodes, ` +
      `${perDay(found.sustained, log.length)} sustained; replica changes an hour ${changes.join(', ')}`,
  );
}

/** Bins longer than a second become Poisson traffic, whose rate changes evenly from the middle of a bin to that of the next. */
function logOfTrace(file: string, binSeconds: number, random: Random): Float64Array {
  const counts = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number(line.split(/[\s,]+/).at(-1)));
  if (binSeconds === 1) return Float64Array.from(counts);
  const rates = Float64Array.from({ length: counts.length * binSeconds }, (_, second) => {
    const at = second / binSeconds - 0.5;
    const [one, share] = [Math.floor(at), at - Math.floor(at)];
    const [from = 0, to = from] = [counts[Math.max(0, one)], counts[one + 1]];
    return (from * (1 - share) + to * share) / binSeconds;
  });
  return poissonLog(rates, random);
}
