import { parentPort, workerData } from 'node:worker_threads';
import { replaySetting } from './replay.ts';
import { sumOf } from './run.ts';
import { partSize, type SweepPart, type SweepTask } from './sweep.ts';

/** The main file of a thread: answers each message, the index of a setting, with the figures from there on. */
const { input, startupSeconds, specs } = workerData as SweepTask;
const totalNeeded = sumOf(input.needed);

parentPort?.on('message', (first: number) => {
  const scores = specs.slice(first, first + partSize).map((spec) => {
    const figures = replaySetting(spec, input, startupSeconds, totalNeeded);
    const { podHours, overloadedSeconds, unservedShare, changesPerHour } = figures;
    return { podHours, overloadedSeconds, unservedShare, changesPerHour };
  });
  parentPort?.postMessage({ first, scores } satisfies SweepPart);
});
