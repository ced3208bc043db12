import fc from 'fast-check';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';

/** `FUZZ_SECONDS=600` for a long run. */
export const fuzzSeconds = Number(process.env['FUZZ_SECONDS'] ?? 20);
/** The same input in every run; `FUZZ_SEED` draws other input. */
const fuzzSeed = Number(process.env['FUZZ_SEED'] ?? 1);

const megabyte = 1e6;
const maxHeapGrowth = 5 * megabyte;
/** After so many the code that is tested is compiled. */
const warmInputs = 500;

/**
 * Tests random inputs for `FUZZ_SECONDS`. `FUZZ_FIGURES=1` prints how many there were, and the heap before and after.
 *
 * @throws Error if an input fails, with the seed
 */
export async function fuzz<T>(
  property: fc.IAsyncProperty<T>,
  { numRuns = Infinity, maxGrowth = maxHeapGrowth } = {},
): Promise<void> {
  const check = async (inputs: number, seconds: number) => {
    const details = await fc.check(property, {
      ...{ seed: fuzzSeed, numRuns: inputs },
      ...{ interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false },
    });
    if (details.failed) throw new Error(fc.defaultReportMessage(details));
    return details.numRuns;
  };
  await check(Math.min(warmInputs, numRuns / 10), fuzzSeconds / 10);
  const before = heapBytes();
  const inputs = await check(numRuns, fuzzSeconds);
  const after = heapBytes();
  const figures = `seed ${fuzzSeed}, ${inputs} inputs, heap ${mb(before)} → ${mb(after)} MB`;
  if (process.env['FUZZ_FIGURES'] !== undefined)
    console.log(`${expect.getState().currentTestName}: ${figures}`);
  expect(after - before, figures).toBeLessThan(maxGrowth);
}

const mb = (bytes: number) => (bytes / megabyte).toFixed(1);

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}
