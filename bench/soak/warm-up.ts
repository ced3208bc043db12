import { readPath, selectorOf } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { SoakEnvironment } from './environment.ts';
import { soakLogstores } from './routes.ts';

/** More than the adapter's cache of parsed reads holds: `maxParsedReads` in src/api/read/external-metrics.ts. */
const manyReads = 20_500;
const fewReads = 100;
const maxInFlight = 200;
const maxReadMs = 120_000;

/**
 * Sends the first reads, each of another route. If the later reads of the soak are all of new series, the first reads also
 * fill the bounded caches, so that these do not grow during the measurement: the stored samples and the parsed reads.
 *
 * @param fillsCaches whether to fill the caches
 */
export async function warmUp(
  environment: SoakEnvironment,
  fillsCaches: boolean,
  signal: AbortSignal,
): Promise<void> {
  await runConcurrently(fillsCaches ? manyReads : fewReads, async (number) => {
    signal.throwIfAborted();
    const path = pathOf(number);
    const isRead = async () => (await environment.clients.get(path, 'HTTP/2, kept')).status === 200;
    // On a busy machine a read may miss its deadline.
    await waitFor(isRead, `a reading for the warm-up: ${path}`, maxReadMs);
  });
}

/** Returns the path of a read of a route without any log line. */
function pathOf(number: number): string {
  const { project = '', logstore = '' } = soakLogstores[number % soakLogstores.length] ?? {};
  const namespace = `team-${number % 7}`;
  const labels = {
    'sls.ingress.route': `${namespace}-absent-${number}-80`,
    'sls.logstore': logstore,
    'sls.project': project,
  };
  return readPath('sls_ingress_qps', selectorOf(labels), namespace);
}

async function runConcurrently(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let number = next++; number < count; number = next++) await work(number);
  };
  await Promise.all(Array.from({ length: maxInFlight }, worker));
}
