import { expect, it } from 'vitest';
import { startEmulator } from '../../emulator/emulator.ts';
import { logstore, project, readPath, selectorOf, startAdapter } from '../support/adapter.ts';

const path = readPath(
  'sls_ingress_qps',
  selectorOf({ 'sls.project': project, 'sls.logstore': logstore, 'sls.query.max_retry': '0' }),
);
const file = 'reading: { freshnessSeconds: 0 }';

async function start() {
  const logstores = [{ project, logstore }];
  const stack = new AsyncDisposableStack();
  const emulator = await startEmulator({ logstores });
  stack.defer(() => emulator.stop());
  const adapter = stack.use(await startAdapter({ slsEndpoint: emulator.url }, { random: () => 0.99 }, file));
  const queries = () => adapter.logLines.filter(({ msg }) => msg === 'SLS query finished');
  return { emulator, adapter, queries, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

it.each([
  ['x-request-id', 'gateway-7f3a'],
  ['audit-id', '6b1a9c1e-0d6f-4b62-9b0e-0c8d7f1a2b3c'],
])('logs the %s of a failed read with the SLS query that it waited for', async (header, requestId) => {
  await using running = await start();
  running.emulator.setFaults({ errorRate: 1 });
  await running.adapter.request(path, { headers: { [header]: requestId } });
  const failure = running.adapter.logLines.find(({ level }) => Number(level) === 40);
  expect(failure).toMatchObject({ requestId, slsRequestId: expect.stringMatching(/./) as string });
  const query = running.queries().find(({ slsRequestId }) => slsRequestId === failure?.['slsRequestId']);
  expect(query).toMatchObject({ readIds: [requestId] });
});

it('logs the IDs of all reads that share a query, and generates an ID if the header is missing or invalid', async () => {
  await using running = await start();
  await Promise.all([
    running.adapter.request(path, { headers: { 'x-request-id': 'one' } }),
    running.adapter.request(path, { headers: { 'x-request-id': 'a "forged"\tname' } }),
  ]);
  const ids = running.queries().flatMap(({ readIds }) => readIds as string[]);
  expect(ids.toSorted()).toEqual(['one', expect.stringMatching(/^req-/)]);
});
