import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { AutoscalerSpec } from '../scaling/autoscaler-spec.ts';
import type { SweptSetting } from './front.ts';
import type { ReplayInput } from './replay.ts';
import type { Score } from './run.ts';

/** What a worker gets when it starts. */
export interface SweepTask {
  readonly input: ReplayInput;
  readonly startupSeconds: number;
  readonly specs: readonly AutoscalerSpec[];
}

/** What a worker answers for settings `[first, first + scores.length)`. */
export interface SweepPart {
  readonly first: number;
  readonly scores: readonly Score[];
}

/** Settings that a worker takes at a time: few enough for a smooth progress bar. */
export const partSize = 8;
const mostWorkers = 8;
/** A run makes garbage of tens of megabytes a second, and keeps little. */
const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 128 };

const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './sweep-worker.ts' : './sweep-worker.js',
  import.meta.url,
);

/**
 * Returns the figures of each setting, by a worker thread for each core.
 *
 * @param onProgress called with the share of the settings that are done
 * @throws the signal's reason
 */
export async function sweep(
  task: SweepTask,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<SweptSetting[]> {
  const { specs } = task;
  const swept = new Array<SweptSetting>(specs.length);
  let [next, done] = [0, 0];
  const count = Math.min(mostWorkers, availableParallelism(), Math.ceil(specs.length / partSize));
  const workers = Array.from(
    { length: count },
    () => new Worker(workerFile, { workerData: task, resourceLimits }),
  );
  const finished = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const give = () => {
        if (next >= specs.length) resolve();
        else worker.postMessage(next);
        next += partSize;
      };
      worker.on('error', reject);
      worker.on('message', ({ first, scores }: SweepPart) => {
        for (const [index, score] of scores.entries()) {
          const spec = specs[first + index];
          if (spec !== undefined) swept[first + index] = { ...score, spec };
        }
        done += scores.length;
        onProgress(done / specs.length);
        give();
      });
      give();
    });
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([Promise.all(workers.map(finished)), aborted]);
    return swept;
  } finally {
    aborted.catch(() => undefined);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
