import type { ServerResponse } from 'node:http';
import { deflateSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { describe, it } from 'vitest';
import { readPath, selectorOf } from '../../support/adapter.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const lz4 = (body: Buffer) => compressSync(body).subarray(4);
const row = (index: number) => `{"effective_route":"a-b-${index}","requests":"${index}","newest_line":"1"}`;
const result = (rows: number) =>
  Buffer.from(
    `{"meta":{"progress":"Complete"},"data":[${Array.from({ length: rows }, (_, index) => row(index)).join(',')}]}`,
  );
const zeros = Buffer.alloc(400e6);
const bomb = deflateSync(zeros);
const manyRows = result(700_000);
const manyColumns = Buffer.from(
  `{"meta":{"progress":"Complete"},"data":[{${Array.from({ length: 3_000_000 }, (_, index) => `"c${index}":""`).join(',')}}]}`,
);
const most = result(99_000);
const half = 15_000_000;
const deepRow = Buffer.from(
  `{"meta":{"progress":"Complete"},"data":[{"a":${'['.repeat(half)}${']'.repeat(half)}}]}`,
);

/** What a lying SLS, or a proxy before it, answers. */
const lies: readonly ((response: ServerResponse) => void)[] = [
  packed('lz4', lz4(zeros), 100),
  packed('gzip', bomb, 100),
  packed('gzip', bomb, 60_000_000),
  packed('lz4', lz4(manyRows), manyRows.length),
  packed('lz4', lz4(manyColumns), manyColumns.length),
  packed('lz4', lz4(deepRow), deepRow.length),
  packed('lz4', lz4(most), most.length),
  packed('gzip', deflateSync(most), most.length),
  (response) => {
    const pump = () => {
      while (!response.destroyed && response.write(zeros.subarray(0, 1e6)));
    };
    response.writeHead(200).on('drain', pump);
    pump();
  },
  (response) => {
    response.writeHead(200, { 'content-length': 1e12 });
    const timer = setInterval(() => response.write('x'.repeat(100_000)), 20);
    response.on('close', () => clearInterval(timer));
  },
  (response) => {
    response.writeHead(500).end(zeros.subarray(0, 50e6));
  },
];

function packed(type: string, body: Buffer, size: number): (response: ServerResponse) => void {
  return (response) => {
    response
      .writeHead(200, {
        'x-log-compresstype': type,
        'x-log-bodyrawsize': size,
        'content-length': body.length,
        date: new Date().toUTCString(),
      })
      .end(body);
  };
}

/**
 * Eleven projects, thirty queries at a time, get replies that are as large as allowed, larger, or never end.
 *
 * @attacks sls/transport.ts chunks
 * @attacks sls/read-reply.ts
 * @attacks sls/large-replies.ts
 */
describe('abuse: an SLS that lies', () => {
  it('takes replies that unpack to far more than they say, have any number of rows, or never end, ten at once', async () => {
    await using scenario = await startScenario({
      config: 'reading: { deadlineSeconds: 8 }',
      prepare: ({ apiServer, sls }) => {
        apiServer.decide = ({ user }) => user.username === hpaController || user.username === 'alice';
        sls.reply = ({ project }, response) => {
          const lie = lies[Number(/^lying-(\d+)$/.exec(project)?.[1])];
          lie?.(response);
          return lie !== undefined;
        };
      },
    });
    const { attackers, proxyPair } = scenario;
    const harm = await scenario.attack(async () => {
      const session = await attackers.http2(proxyPair);
      await attackers.repeat({ count: 200, concurrency: 30, maxMs: 12_000 }, async (index) => {
        const labels = {
          'sls.project': `lying-${index % lies.length}`,
          'sls.logstore': `l${index}`,
          'sls.ingress.route': 'a-b-80',
          'sls.query.max_retry': '1',
        };
        const path = readPath('sls_ingress_qps', selectorOf(labels), 'a');
        await attackers.request(session, { ':path': path, 'x-remote-user': 'alice' });
      });
    });
    expectUnharmed(harm);
  });
});
