import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import type { ScriptedCollection } from '../../support/scripted-collection.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const chunk = 'x'.repeat(1024 * 1024);
const chunksOfLine = 12;
const tokens = 120;

/** Lines of nearly 10 MiB, each of which JSON.parse would make hundreds of megabytes of. */
const crowded = [`${'{},'.repeat(3_000_000)}{}`, `${'['.repeat(4_500_000)}${']'.repeat(4_500_000)}`];

/** Sends an event without an end, and events of one object with millions of values. The adapter gives the watch up, and opens it again. */
async function sendLongLines(collection: ScriptedCollection): Promise<void> {
  for (const values of [undefined, ...crowded]) {
    await waitFor(() => collection.openWatches > 0, undefined, 5000).catch(() => undefined);
    const metadata = '{"name":"a","namespace":"a","resourceVersion":"7"}';
    if (values !== undefined)
      collection.sendRaw(
        `{"type":"ADDED","object":{"metadata":${metadata},"spec":{"metrics":[${values}]}}}\n`,
      );
    for (let sent = 0; values === undefined && sent < chunksOfLine; sent += 1) {
      collection.sendRaw(chunk);
      await sleep(10);
    }
    await waitFor(() => collection.openWatches === 0, undefined, 2000).catch(() => undefined);
  }
}

/**
 * The API server, or a proxy before it, sends lines of a watch that do not end or have millions of values, lists whose
 * pages have no end, and reviews of made-up tokens of any length.
 *
 * @attacks kube/client/bounded-replies.ts
 * @attacks kube/client/watch-events.ts
 * @attacks kube/client/large-json.ts
 * @attacks kube/client/list-watch.ts kept
 * @attacks kube/reviews/reviewer.ts
 * @attacks kube/reviews/token-review.ts
 * @attacks kube/reviews/review-cache.ts #pending
 * @attacks kube/reviews/review-turns.ts #waiting
 */
describe('abuse: an API server whose replies do not end', () => {
  it('does not fill the memory, and reads go on', async () => {
    const port = await freePort();
    await using scenario = await startScenario({
      config: `telemetry: { port: ${port}, statusPage: true }`,
    });
    const { apiServer, attackers } = scenario;
    let pages = 0;
    const harm = await scenario.attack(async () => {
      await Promise.all([sendLongLines(apiServer.hpas), sendLongLines(apiServer.configMaps)]);
      apiServer.hpas.list = () => {
        pages += 1;
        const metric = externalMetric(`m-${pages}`);
        return {
          metadata: { resourceVersion: '7', continue: 'more' },
          items: Array.from({ length: 5000 }, (_, n) => autoscaler(`n-${pages}`, `hpa-${n}`, [metric])),
        };
      };
      apiServer.hpas.expire('event');
      apiServer.fail('tokenreview', { kind: 'endless' });
      await attackers.repeat({ count: tokens, concurrency: tokens, maxMs: 8000 }, async (index) => {
        const session = await attackers.http2();
        await attackers.fire(session, { ':path': '/apis', authorization: `Bearer made-up-${index}` });
        session.destroy();
      });
    });
    expectUnharmed(harm);
    expect(pages, 'too slow: pages').toBeGreaterThan(20);
  });
});
