import { constants } from 'node:http2';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { honestRoute } from './support/scripted-sls.ts';
import { hpaController, mayRead, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const resets = 6000;
/** In one turn of the event loop, so that 3,000 a second leave processor time. */
const burst = 30;
/** The adapter stands still for so long once a second, as on a busy machine. Then hundreds of resets come at once. */
const stallMs = 250;

const pathOf = (namespace: string) =>
  readPath(
    'sls_ingress_qps',
    selectorOf({ 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': honestRoute }),
    namespace,
  );

async function stall(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await sleep(stallMs);
  process.kill(pid, 'SIGCONT');
}

/**
 * The aggregator sends the requests of all users over one session of HTTP/2, on which the HPA controller reads too. A user
 * resets 3,000 of his requests a second.
 *
 * @attacks api/server/tls-server.ts maxConcurrentStreams
 * @attacks api/server/admission.ts
 */
describe('abuse: a user who resets many requests, through the session of the front proxy', () => {
  it('does not end the session, over which an HPA reads', async () => {
    await using scenario = await startScenario({
      prepare: mayRead('alice'),
    });
    const { attackers, proxyPair } = scenario;
    const session = await attackers.http2(proxyPair);
    const read = { ':path': pathOf('honest'), 'x-remote-user': hpaController };
    const answers: Promise<number | undefined>[] = [];
    let fired = 0;
    const harm = await scenario.attack(async () => {
      const reading = (async () => {
        while (fired < resets && !session.destroyed) {
          answers.push(attackers.fire(session, read).catch(() => undefined));
          await sleep(50);
        }
      })();
      const stalls = setInterval(() => void stall(scenario.adapter.pid), 1000);
      while (fired < resets && !session.destroyed) {
        const streams = Array.from({ length: burst }, () =>
          session
            .request({ ':path': pathOf('alice'), 'x-remote-user': 'alice' })
            .on('error', () => undefined),
        );
        await new Promise(setImmediate);
        for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
        fired += streams.length;
        await sleep(8);
      }
      await reading;
      clearInterval(stalls);
    });
    expectUnharmed(harm);
    expect(fired, 'resets before the session ended').toBe(resets);
    expect([...new Set(await Promise.all(answers))]).toEqual([200]);
  });
});
