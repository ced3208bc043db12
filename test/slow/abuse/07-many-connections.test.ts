import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const heldMs = 4000;

/**
 * Clients keep 1,500 idle connections, sessions with window 0 and headers of 50 kB, bodies that never end, and requests that
 * never get complete.
 *
 * @attacks api/server/connections.ts
 * @attacks api/server/admission.ts
 * @attacks api/server/tls-server.ts
 */
describe('abuse: connections and what each of them buffers', () => {
  it('are bounded: idle connections over TLS', async () => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const harm = await scenario.attack(async () => {
      await attackers.repeat({ count: 1500, concurrency: 30, maxMs: 8000 }, () => attackers.http1());
      await sleep(heldMs);
    });
    expectUnharmed(harm);
  });

  it('are bounded: sessions of HTTP/2 with window 0 and headers of 50 kB', async () => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const harm = await scenario.attack(async () => {
      await attackers.repeat({ count: 30, concurrency: 3, maxMs: 8000 }, async (number) => {
        const session = await attackers.http2(undefined, { initialWindowSize: 0 });
        for (let stream = 0; stream < 200; stream += 1) {
          // The API server and SLS run in this process too.
          if (stream % 10 === 0) await sleep(10);
          void attackers
            .fire(
              session,
              { ':path': `/x${stream}`, 'x-padding': `${number}-${stream}`.padEnd(50_000, 'x') },
              { takesBody: false },
            )
            .catch(() => undefined);
        }
        await sleep(50);
      });
      await sleep(heldMs);
    });
    expectUnharmed(harm);
  });

  it('are bounded: bodies that never end, and requests that never get complete', async () => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const heads = [
      'GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHost: ',
    ];
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const harm = await scenario.attack(async () => {
      await attackers.repeat({ count: 300, concurrency: 20, maxMs: 8000 }, async (index) => {
        const { tls } = await attackers.http1();
        tls.write(heads[index % heads.length] ?? '');
        for (let chunks = 0; chunks < 20 && tls.writable; chunks += 1) tls.write(chunk);
      });
      await sleep(heldMs);
    });
    expectUnharmed(harm);
  });
});
