import type { ServerResponse } from 'node:http';
import { gzipSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { project, readPath, selectorOf } from '../../support/adapter.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const unpackedBytes = 400 * 1024 * 1024;

const packed = gzipSync(Buffer.alloc(unpackedBytes, ' '));
const deflated = deflateSync(Buffer.alloc(64 * 1024 * 1024, '['));

const lies: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'unpacks to 400 MB': (response) => {
    const headers = {
      'content-encoding': 'gzip',
      'x-log-bodyrawsize': '100',
      'content-length': packed.length,
    };
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(packed);
  },
  'says that it is deflated and claims 100 bytes': (response) => {
    response.writeHead(200, { 'x-log-compresstype': 'deflate', 'x-log-bodyrawsize': '100' }).end(deflated);
  },
  'has a million rows': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const row = '{"a":"1","effective_route":"lying-web-80","lines":"1"}';
    const part = `${row},`.repeat(10_000);
    response.write('{"meta":{"progress":"Complete","count":1000000},"data":[');
    for (let parts = 0; parts < 100; parts += 1) response.write(part);
    response.end(`${row}]}`);
  },
  'is nested without an end': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('['.repeat(20_000_000));
  },
};

/**
 * SLS, or a proxy before it, sends replies that unpack to 400 MB, have a million rows, or are nested without an end.
 *
 * @attacks sls/transport.ts chunks
 * @attacks sls/read-reply.ts
 * @attacks sls/large-replies.ts
 */
describe('abuse: an SLS whose replies are not what they say', () => {
  it('takes no memory and gives no number', async () => {
    await using scenario = await startScenario();
    const { sls, frontProxy, attackers } = scenario;
    const kinds = Object.values(lies);
    sls.reply = (request, response) => {
      if (request.project === project) return false;
      const [, kind = '0'] = /^lying-(\d)$/.exec(request.project) ?? [];
      kinds[Number(kind)]?.(response);
      return true;
    };
    const statuses = new Set<number>();
    const harm = await scenario.attack(() =>
      attackers.repeat(
        { count: 12 * kinds.length, concurrency: kinds.length, maxMs: 10_000 },
        async (index) => {
          const labels = {
            'sls.project': `lying-${index % kinds.length}`,
            'sls.logstore': `l${index}`,
            'sls.ingress.route': `lying-web-${index}`,
          };
          statuses.add(
            (await frontProxy.get(readPath('sls_ingress_qps', selectorOf(labels), 'lying'))).status,
          );
        },
      ),
    );
    expectUnharmed(harm);
    expect(statuses).not.toContain(200);
  });
});
