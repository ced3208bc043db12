import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { AdapterError } from '../../../src/errors.ts';
import { askLedger, type LedgerPlace } from '../../../src/sls/assumptions/ask-ledger.ts';
import { ledger, linesOf } from '../../../src/sls/assumptions/ledger.ts';
import type { LogSource } from '../../../src/sls/client.ts';
import { parseEndpointUrl } from '../../../src/sls/endpoint.ts';
import { fixedCredentials } from '../../support/fixed-credentials.ts';
import { accessKey, alive, createClient, logstore, project, startSls } from '../sls-client.ts';
import { computes, refuses } from './difference.ts';
import { differences, troubleOf } from './differences.ts';

const entries = ledger();
const byDoctor = entries.filter(({ asked }) => asked === 'by doctor');
const nowSeconds = Math.floor(Date.now() / 1000);
const linesFromSeconds = Math.floor(nowSeconds / 60) * 60 - 120;

let emulator: Emulator;
let place: LedgerPlace;

beforeAll(async () => {
  emulator = await startSls();
  await emulator.sink(project, logstore).append(linesOf(entries, linesFromSeconds));
  const wrong = fixedCredentials({ accessKeyId: accessKey.id, accessKeySecret: 'wrong' });
  place = {
    endpoint: parseEndpointUrl(emulator.url),
    project,
    logstore,
    nowSeconds,
    linesFromSeconds,
    logs: createClient().client,
    wrongSecret: createClient({}, wrong).client,
  };
});
afterAll(() => emulator.stop());
beforeEach(() => {
  emulator.differ({});
  emulator.setFaults({});
});

const unchanged = (logs: LogSource): LogSource => logs;

const unassumed = async (some: typeof entries, at: LedgerPlace = place) => {
  const { results } = await askLedger(some, at, alive());
  expect(results.map(({ id }) => id)).toEqual(some.map(({ id }) => id));
  return results.filter(({ result }) => result !== 'as assumed');
};

describe('the ledger of assumptions', () => {
  it('has at least 40 entries, each with its own name', () => {
    expect(entries.length).toBeGreaterThanOrEqual(40);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  });

  it('holds for the emulator', async () => {
    expect(await unassumed(entries.filter(({ asked }) => asked !== 'never'))).toEqual([]);
  });

  it('needs at most 20 queries of doctor', async () => {
    expect((await askLedger(byDoctor, place, alive())).queries).toBeLessThanOrEqual(20);
  });

  it('has one difference for each entry', () => {
    const ids = entries.map(({ id }) => id);
    expect(ids.filter((id) => !(id in differences) && troubleOf(id) === undefined)).toEqual([]);
    expect(Object.keys(differences).filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe('an entry of the ledger', () => {
  it.each(entries.map((entry) => [entry.id, entry] as const))(
    'notices where SLS differs: %s',
    async (id, entry) => {
      const trouble = troubleOf(id);
      const { onTheWay = unchanged, ...differs } = differences[id] ?? trouble?.difference ?? {};
      const { logs, wrongSecret = logs } = place;
      emulator.setFaults(trouble?.faults ?? {});
      expect(await unassumed([entry])).toEqual([]);
      emulator.differ(differs);
      const other = { ...place, logs: onTheWay(logs), wrongSecret: onTheWay(wrongSecret) };
      expect(await unassumed([entry], other)).toMatchObject([{ id }]);
    },
  );
});

describe('asking the ledger', () => {
  it('names what differs, with what was expected and found', async () => {
    emulator.differ(computes('(n - n + 7) / 2 ', '(n - n + 7) / 2e0 '));
    const [differing, ...others] = await unassumed(byDoctor.slice(0, 10));
    expect(others).toEqual([]);
    expect(differing).toMatchObject({
      id: 'integer-division',
      result: 'differs',
      expected: '(n - n + 7) / 2 is 3',
      found: '3.5',
    });
  });

  it('asks for each value alone if SLS refuses them together, so that the one refused is known', async () => {
    const refusal = refuses('Function split_part not registered');
    emulator.differ({
      outcome: (outcome, query) =>
        query.query.includes('split_part(') ? (refusal.outcome?.(outcome, query) ?? outcome) : outcome,
    });
    const ids = (await unassumed(byDoctor)).map(({ id }) => id);
    // The SQL of the metrics is one query.
    expect(ids.filter((id) => !id.startsWith('metric-'))).toEqual([
      ...['split-part', 'split-part-beyond', 'mse-route-of-lines', 'envoy-gateway-route-of-lines'],
    ]);
  });

  it('sends no more queries after one that SLS does not answer', async () => {
    emulator.setFaults({ status: 503, errorCode: 'ServerBusy' });
    const { results, queries } = await askLedger(byDoctor, place, alive());
    expect(queries).toBe(1);
    expect(new Set(results.map(({ result }) => result))).toEqual(new Set(['unanswered']));
  });

  it('ends at the signal', async () => {
    await expect(askLedger(byDoctor, place, AbortSignal.abort())).rejects.toThrow(AdapterError);
  });
});
