import type { ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { deflateSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import { readPath, selectorOf } from '../../support/adapter.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const lz4 = (body: Buffer) => compressSync(body).subarray(4);
const row = (index: number) => `{"effective_route":"a-b-${index}","requests":"${index}","newest_line":"1"}`;
const result = (rows: number) =>
  Buffer.from(
    `{"meta":{"progress":"Complete"},"data":[${Array.from({ length: rows }, (_, index) => row(index)).join(',')}]}`,
  );
const reply = (rows: string) => Buffer.from(`{"meta":{"progress":"Complete"},"data":[${rows}]}`);
const columns = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `"c${from + index}":""`).join(',');
const zeros = Buffer.alloc(400e6);
const bomb = deflateSync(zeros);
const manyRows = result(700_000);
const tinyRows = reply(`{"a":""}${',{"a":""}'.repeat(3_000_000)}`);
const manyColumns = reply(`{${columns(3_000_000)}}`);
const wideRows = reply(Array.from({ length: 200 }, (_, index) => `{${columns(9000, 9000 * index)}}`).join());
const manyValues = reply(`{"a":""}${`,{${columns(40)}}`.repeat(90_000)}`);
const most = result(99_000);
const half = 15_000_000;
const nested = `${'['.repeat(half)}${']'.repeat(half)}`;
const deepRow = reply(`{"a":${nested}}`);
const deepMeta = Buffer.from(`{"meta":{"progress":"Complete","a":${nested}},"data":[]}`);

/** What a lying SLS, or a proxy before it, answers. */
const lies: readonly ((response: ServerResponse) => void)[] = [
  packed('lz4', lz4(zeros), 100),
  packed('lz4', lz4(zeros), zeros.length),
  packed('gzip', bomb, 100),
  packed('gzip', bomb, 60_000_000),
  ...[manyRows, tinyRows, manyColumns, wideRows, manyValues, deepRow, deepMeta, most].map((body) =>
    packed('lz4', lz4(body), body.length),
  ),
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
/** Sends nearly as much as is allowed, and then nothing. */
const stall = (response: ServerResponse) => void response.writeHead(200).write(zeros.subarray(0, 8e6));

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

/** Each has a share of its own, and its own projects. */
const readers = 48;

/**
 * The projects of 48 users get replies that are as large as allowed or larger, in bytes, rows, columns, values or depth, or that
 * never end. Then they get replies that stop just before the bound.
 *
 * @attacks sls/transport.ts chunks
 * @attacks sls/read-reply.ts
 * @attacks sls/large-replies.ts
 */
describe('abuse: an SLS that lies', () => {
  it('takes no memory by any reply, many at once', async () => {
    await using scenario = await startScenario({
      config: 'reading: { deadlineSeconds: 8 }',
      prepare: ({ apiServer, sls }) => {
        apiServer.decide = ({ user }) =>
          user.username === hpaController || user.username.startsWith('reader-');
        sls.reply = ({ project }, response) => {
          const [, kind] = /^lying-(\d+|stall)-/.exec(project) ?? [];
          const lie = kind === 'stall' ? stall : lies[Number(kind)];
          lie?.(response);
          return lie !== undefined;
        };
      },
    });
    const { attackers, proxyPair, sls } = scenario;
    const read = async (session: ClientHttp2Session, index: number, kind: string | number) => {
      const reader = index % readers;
      const labels = {
        'sls.project': `lying-${kind}-${reader}`,
        'sls.logstore': `l${index}`,
        'sls.ingress.route': 'a-b-80',
        'sls.query.max_retry': '1',
      };
      const path = readPath('sls_ingress_qps', selectorOf(labels), 'a');
      await attackers.fire(session, { ':path': path, 'x-remote-user': `reader-${reader}` });
    };
    let stalled = 0;
    const harm = await scenario.attack(async () => {
      const session = await attackers.http2(proxyPair);
      await attackers.repeat({ count: 400, concurrency: readers, maxMs: 6000 }, (index) =>
        read(session, index, (index + Math.floor(index / readers)) % lies.length),
      );
      sls.maxRunning = 0;
      await attackers.repeat({ count: 2 * readers, concurrency: 2 * readers, maxMs: 6000 }, (index) =>
        read(session, index, 'stall'),
      );
      stalled = sls.maxRunning;
    });
    expectUnharmed(harm);
    expect(stalled).toBeGreaterThan(readers / 2);
  });
});
