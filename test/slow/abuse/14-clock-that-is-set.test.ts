import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { basePath } from '../../support/adapter.ts';
import { expectWithin } from '../../support/own-time.ts';
import { waitFor } from '../../support/wait-for.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { sendSlsError } from './support/scripted-sls.ts';
import { expectUnharmed, type Harm } from './support/unharmed.ts';

const hourMs = 3_600_000;
/** Of a signature, as SLS checks it. */
const maxSignatureMs = 15 * 60_000;
/** An answer of the API server holds for 10 s. */
const maxAccessMs = 11_000;
const config = 'reading: { freshnessSeconds: 1, maxStaleSeconds: 3 }';
const path = `${basePath}/namespaces/a/no_such_metric`;

const user = 'alice';

/** Judges the age of a reading by the clock as it was, or as it was set. */
const judgedBy = (harm: Harm, aheadMs: number): Harm => ({
  ...harm,
  reads: harm.reads.map(({ ageSeconds: age, ...read }) => ({
    ...read,
    ...(age === undefined ? {} : { ageSeconds: Math.min(Math.abs(age), Math.abs(age + aheadMs / 1000)) }),
  })),
});

/**
 * The clock of the adapter's node and that of SLS are set back by an hour, just when users lose their access, and then forward. At
 * last SLS's clock is set alone, and again so that they agree.
 *
 * @attacks kube/reviews/kept-answers.ts
 */
describe('abuse: a clock that is set by an hour', () => {
  it('lengthens no access and costs no reading, and where SLS disagrees no number is served for long', async () => {
    let mayRead = true;
    let tooSkewed = 0;
    await using scenario = await startScenario({
      config,
      prepare: ({ apiServer, sls }) => {
        apiServer.decide = ({ user: { username } }) => username === hpaController || mayRead;
        apiServer.tokens.set('token', { username: user });
        sls.reply = ({ headers: { date = '' } }, response) => {
          if (Math.abs(Date.parse(date) - Date.now() - sls.clockAheadMs) < maxSignatureMs) return false;
          tooSkewed += 1;
          sendSlsError(
            response,
            400,
            'RequestTimeTooSkewed',
            'Request time exceeds server time more than 15 minutes.',
          );
          return true;
        };
      },
    });
    const { adapter, sls, apiServer, attackers, proxyPair, honest } = scenario;
    const [proxied, direct] = [await attackers.http2(proxyPair), await attackers.http2()];

    const reads = [
      () => attackers.fire(proxied, { ':path': path, 'x-remote-user': user }),
      () => attackers.fire(direct, { ':path': path, authorization: 'Bearer token' }),
      () => attackers.fire(direct, { ':path': '/apis', authorization: 'Bearer token' }),
    ];
    const setClocks = (aheadMs: number): void => {
      adapter.setClock(aheadMs);
      sls.clockAheadMs = aheadMs;
    };
    let accessMs = NaN;
    const harm = await scenario.attack(async () => {
      const send = () => Promise.all(reads.map((read) => read()));
      expect(await send()).toEqual([404, 404, 200]);
      setClocks(-hourMs);
      mayRead = false;
      apiServer.tokens.clear();
      const revokedMs = performance.now();
      const isRefused = (status: number | undefined) => status === 401 || status === 403;
      while (!(await send()).every(isRefused) && performance.now() < revokedMs + 2 * maxAccessMs)
        await sleep(200);
      accessMs = performance.now() - revokedMs;
      setClocks(0);
    });
    expectUnharmed(judgedBy(harm, -hourMs));
    expect(tooSkewed).toBe(0);
    expectWithin(accessMs, maxAccessMs);

    honest.clear();
    sls.clockAheadMs = hourMs;
    await waitFor(() => honest.reads.some(({ failure }) => failure !== undefined));
    sls.clockAheadMs = 0;
    const lastFailed = () => honest.reads.findLastIndex(({ failure }) => failure !== undefined);
    await waitFor(() => honest.reads.length > lastFailed() + 3);
    const failures = honest.seen.flatMap(({ failure }) => failure ?? []);
    for (const failure of failures) expect(failure).toContain('Set the clock of the node (NTP)');
  });
});
