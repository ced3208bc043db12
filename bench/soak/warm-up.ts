import { readPath, selectorOf } from '../../test/support/adapter.ts';
import { soakLogstores } from './routes.ts';
import type { Stage } from './stage.ts';

/** More reads than the adapter keeps parsed: `maxParsedReads` of src/api/read/external-metrics.ts. */
const manyReads = 20_500;
const fewReads = 100;
const readsAtATime = 200;

/**
 * The first reads. Where whatever is read later is new, they fill what is bounded, so that it grows no more: the series
 * that are held, and the reads that are known by their URL. Each is of a route of its own, as later ones are.
 *
 * @param fills whether there is anything to fill
 */
export async function warmUp(stage: Stage, fills: boolean, signal: AbortSignal): Promise<void> {
  await inTurns(fills ? manyReads : fewReads, async (number) => {
    signal.throwIfAborted();
    const path = pathOf(number);
    const { status } = await stage.clients.get(path, 'HTTP/2, kept');
    if (status !== 200) throw new Error(`the warm-up got ${status}: ${path}`);
  });
}

/** Of a route that nobody logs. */
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

async function inTurns(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let number = next++; number < count; number = next++) await work(number);
  };
  await Promise.all(Array.from({ length: readsAtATime }, worker));
}
