import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatQuantity, maxQuantityValue, parseQuantityMilli } from '../../../src/grammar/quantity.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { goodRead } from '../../support/cluster.ts';
import {
  jsonOf,
  protocols,
  startFactsCluster,
  type Fact,
  type FactsCluster,
} from '../../support/facts-cluster.ts';

let facts: FactsCluster;
beforeAll(async () => {
  facts = await startFactsCluster({
    file: 'reading: { freshnessSeconds: 0, maxStaleSeconds: 0 }\nsls: { breaker: { failures: 100 } }',
  });
});
afterAll(() => facts[Symbol.asyncDispose]());

const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.query.max_retry': '0' };
const read = (more: string) => readPath('sls_ingress_qps', `${selectorOf(labels)}${more}`);
const itemsOf = (reply: { readonly text: string }) =>
  (JSON.parse(reply.text) as { readonly items: readonly { readonly value: string }[] }).items;

/** How the HPA uses a reading: the rules for our side. */
const table: readonly Fact[] = [
  [
    'an empty list is an error, so a route without traffic has an item, and each route its own',
    async (ask) => {
      expect(itemsOf(await ask(goodRead))).toMatchObject([{ value: '0' }]);
      const two = await ask(read(',sls.ingress.route in (d-a-80,d-b-80)'));
      expect(itemsOf(two)).toMatchObject([{ value: '0' }, { value: '0' }]);
    },
  ],
  [
    'timestamps are never checked, so a reading is only seconds old, with its true window',
    async (ask) => {
      const [item] = itemsOf(await ask(goodRead)) as unknown as [{ readonly timestamp: string }];
      const ageMs = Date.now() - Date.parse(item.timestamp);
      expect(ageMs).toBeGreaterThan(0);
      expect(ageMs).toBeLessThan(60_000);
    },
  ],
  [
    'an error is safe but a false 0 is an outage, so with SLS down no number is older than maxStaleSeconds (here 0)',
    async (ask) => {
      const path = read(',sls.ingress.route=d-c-80');
      expect((await ask(path)).statusCode).toBe(200);
      for (const fault of [{ status: 500 }, { incomplete: true }, { garbage: true }, { cutBody: true }]) {
        facts.cluster.emulator.setFaults(fault);
        const reply = await ask(path);
        expect([503, 504]).toContain(reply.statusCode);
        expect(jsonOf(reply)).toMatchObject({ kind: 'Status' });
      }
      facts.cluster.emulator.setFaults({});
      expect((await ask(path)).statusCode).toBe(200);
    },
  ],
  [
    'a namespace that cannot exist is refused with a 400 that names it, and never read as 0',
    async (ask) => {
      for (const namespace of ['*', 'Default', 'a%20b', '-x', 'n'.repeat(64)]) {
        const reply = await ask(read('').replace('/namespaces/default/', `/namespaces/${namespace}/`));
        expect([reply.statusCode, reply.text]).toEqual([
          400,
          expect.stringMatching(/namespace .* cannot exist/),
        ]);
        expect(reply.text).toContain(decodeURIComponent(namespace));
      }
    },
  ],
  [
    'a selector operator is either applied or refused with a 400 that names the label',
    async (ask) => {
      for (const meant of [
        ',sls.ingress.route=d-a-80',
        ',sls.ingress.route==d-a-80',
        ',sls.ingress.route in (d-a-80)',
        ',sls.ingress.status!=404',
        ',sls.ingress.status notin (404,5xx)',
        ',sls.ingress.method in (GET,PUT)',
      ])
        expect((await ask(read(meant))).statusCode).toBe(200);
      for (const meaningless of [
        ',sls.ingress.route notin (d-a-80)',
        ',sls.ingress.route',
        ',!sls.ingress.route',
        ',sls.ingress.route!=d-a-80',
      ]) {
        const reply = await ask(read(meaningless));
        expect([reply.statusCode, reply.text]).toEqual([400, expect.stringContaining('sls.ingress.route')]);
      }
    },
  ],
  [
    'label values over 63 characters are refused',
    async (ask) => expect((await ask(read(`,sls.ingress.route=${'r'.repeat(64)}`))).statusCode).toBe(400),
  ],
];

describe.each(protocols)('how the HPA uses a reading, over %s', (protocol) => {
  it.each(table)('%s', async (_, holds) => holds(facts.askOver(protocol), protocol));
});

describe('how the HPA uses a quantity', () => {
  it('MilliValue overflows above 9223372036854775, so the value is clamped', () => {
    expect(maxQuantityValue).toBe(9_223_372_036_854_775n);
    for (const value of [1e16, 1e300, Number.MAX_VALUE])
      expect(parseQuantityMilli(formatQuantity(value))).toBeLessThanOrEqual(2n ** 63n - 1n);
  });

  it.each([-1, -0.001, Number.NaN, Number.POSITIVE_INFINITY])('%s is refused', (value) => {
    expect(() => formatQuantity(value)).toThrow(RangeError);
  });

  it.each([
    [1000, '1k'],
    [1500, '1500'],
    [0.0001, '1m'],
    [7.8751, '7876m'],
  ])('a value is rounded up to a canonical Quantity: %d → %s', (value, text) => {
    expect(formatQuantity(value)).toBe(text);
  });

  it('the API server waits for 60 s, so a read ends within 30 s', () => {
    expect(loadConfig({ flags: { region: 'cn-hangzhou' }, env: {} }).reading.deadlineSeconds).toBeLessThan(
      30,
    );
  });
});
