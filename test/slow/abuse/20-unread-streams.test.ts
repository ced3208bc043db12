import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { attackersAt, beginCall, messageOf, readHonestTrigger, triggerOf } from './support/keda-calls.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const clients = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const sessions = 3;
const callsOfSession = 300;
const streamsOfSession = 400;
const heldMs = 4000;

/** A trigger with a thousand routes. */
const longTrigger = messageOf(
  'StreamIsActive',
  triggerOf('shop', 'long', {
    'sls.ingress.route': Array.from({ length: 1000 }, (_, n) => `made-up-${n}-80`).join(),
  }),
);
/** Nearly 32 KiB. */
const halfCall = messageOf(
  'IsActive',
  triggerOf('shop', 'half', { 'sls.ingress.route': 'x'.repeat(32_000) }),
);

function takePlaces(session: ClientHttp2Session, index: number): void {
  for (let call = 0; call < callsOfSession; call += 1)
    beginCall(session, 'IsActive', halfCall.subarray(0, -1), { end: false });
  const usual = messageOf('StreamIsActive', triggerOf('shop', `stream-${index}`));
  for (let stream = 0; stream < streamsOfSession; stream += 1)
    beginCall(session, 'StreamIsActive', stream % 4 === 0 ? longTrigger : usual);
}

/**
 * Clients of KEDA's port hold sessions with window 0. On each they open hundreds of streams that they never read, some with a
 * trigger of a thousand routes, and hundreds of calls whose message of 32 KiB never ends.
 *
 * @attacks keda/keda-server.ts
 * @attacks runtime/shares.ts #held
 */
describe("abuse: clients of KEDA's port that read nothing, and send messages that do not end", () => {
  it('take neither the memory nor the places of others', async () => {
    const port = await freePort();
    await using scenario = await startScenario({ options: { 'keda-port': String(port) } });
    const url = `https://127.0.0.1:${port}`;
    await using resources = new AsyncDisposableStack();
    const attackers = clients.map((address) => resources.use(attackersAt(address, url)));
    const ended = new AbortController();
    const honest = readHonestTrigger(url, ended.signal, triggerOf('shop', 'web'));
    const harm = await scenario.attack(async () => {
      for (let index = 0; index < clients.length * sessions; index += 1) {
        const opened = attackers[index % clients.length]?.http2(undefined, { initialWindowSize: 0 });
        const session = await opened?.catch(() => undefined);
        if (session !== undefined) takePlaces(session, index);
        await sleep(200);
      }
      await sleep(heldMs);
      for (const one of attackers) one[Symbol.dispose]();
    });
    ended.abort();
    const { failures } = await honest;
    expectUnharmed(harm);
    expect(failures).toEqual([]);
  });
});
