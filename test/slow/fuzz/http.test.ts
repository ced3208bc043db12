import fc from 'fast-check';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { basePath } from '../../support/adapter.ts';
import { startScenario } from '../abuse/support/scenario.ts';
import { expectUnharmed } from '../abuse/support/unharmed.ts';
import { fuzz, fuzzSeconds } from './fuzz.ts';

/** At most; 150,000 in ten minutes, more than come. */
const maxConnections = 5000 + fuzzSeconds * 250;
/** At a time. */
const connections = 12;
/** After so long the connection is given up. */
const patienceMs = 150;

/** Texts that are nearly right, cut, repeated and mixed with other bytes. */
const http1Bytes = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...http1Texts()) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

function http1Texts(): string[] {
  return [
    ...[
      'GET ',
      'POST ',
      'PRI * HTTP/2.0',
      'CONNECT a:1',
      'OPTIONS * ',
      `${basePath} `,
      '/livez ',
      '/readyz?verbose ',
    ],
    ...[
      'HTTP/1.1\r\n',
      'HTTP/1.0\r\n',
      'HTTP/9.9\r\n',
      'Host: a\r\n',
      'Host: b\r\n',
      '\r\n',
      '\n',
      '\r',
      ' ',
    ],
    ...[
      'Content-Length: 5\r\n',
      'Content-Length: -1\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Expect: 100-continue\r\n',
    ],
    ...[
      'ffffffffffffffff\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n',
      'Connection: upgrade\r\nUpgrade: h2c\r\n',
      'Accept: */*;q=\r\n',
    ],
    ...[
      'Authorization: Bearer x\r\n',
      'X-Remote-User: hpa\r\n',
      `X: ${'y'.repeat(5000)}\r\n`,
      'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
  ];
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Source: RFC 9113, 4.1. The length is nearly always that of the payload. */
const frame = fc
  .record({
    type: fc.oneof(fc.nat({ max: 10 }), fc.nat({ max: 255 })),
    flags: fc.oneof(fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d), fc.nat({ max: 255 })),
    stream: fc.oneof(fc.constantFrom(0, 1, 3, 5), fc.nat({ max: 2 ** 31 - 1 })),
    // 0x82, 0x84, 0x87: GET, /, https of HPACK's static table.
    payload: fc.oneof(
      fc.constantFrom(Buffer.from([0x82, 0x84, 0x87]), Buffer.alloc(0), Buffer.alloc(4), Buffer.alloc(6)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
    wrongBy: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat({ max: 20_000 }) },
    ),
  })
  .map(({ type, flags, stream, payload, wrongBy }) => {
    const header = Buffer.alloc(9);
    header.writeUIntBE(payload.length + wrongBy, 0, 3);
    header.writeUInt8(type, 3);
    header.writeUInt8(flags, 4);
    header.writeUInt32BE(stream, 5);
    return Buffer.concat([header, payload]);
  });
const http2Bytes = fc
  .tuple(fc.integer({ min: 0, max: 20 }), fc.array(frame, { maxLength: 40 }))
  .map(([withoutPreface, frames]) =>
    Buffer.concat([...(withoutPreface === 0 ? [] : [preface, settings]), ...frames]),
  );
/** An empty SETTINGS frame. */
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

it.each([
  { protocol: 'http/1.1' as const, bytes: http1Bytes },
  { protocol: 'h2' as const, bytes: http2Bytes },
])(
  'random bytes of $protocol harm no other client',
  async ({ protocol, bytes }) => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    attackers.maxConnections = maxConnections;
    const send = async (sent: Buffer) => {
      const { tls, tcp } = await attackers.http1(undefined, protocol);
      tls.resume();
      tls.write(sent);
      await once(tls, 'close', { signal: AbortSignal.timeout(patienceMs) }).catch(() => undefined);
      tcp.destroy();
    };
    const several = fc.array(bytes, { minLength: connections, maxLength: connections });
    let isWhole = false;
    const harm = await scenario.attack(
      async () => {
        await fuzz(
          fc.asyncProperty(several, async (all) => {
            await Promise.all(all.map(send));
          }),
          { numRuns: Math.floor((maxConnections * 0.9) / connections) },
        );
        isWhole = true;
      },
      { attackMs: 60_000 + fuzzSeconds * 1200 },
    );
    expect(isWhole).toBe(true);
    expect(attackers.connections).toBeGreaterThan(fuzzSeconds);
    expectUnharmed(harm);
  },
  600_000 + fuzzSeconds * 1200,
);
