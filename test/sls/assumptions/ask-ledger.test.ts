import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { askLedger, type LedgerPlace } from '../../../src/sls/assumptions/ask-ledger.ts';
import { ledger, linesOf } from '../../../src/sls/assumptions/ledger.ts';
import { parseEndpointUrl } from '../../../src/sls/endpoint.ts';
import { fixedCredentials } from '../../support/fixed-credentials.ts';
import { accessKey, alive, createClient, logstore, project, startSls } from '../sls-client.ts';

const entries = ledger();
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

describe('the ledger of assumptions', () => {
  it('holds for the emulator', async () => {
    const askable = entries.filter(({ asked }) => asked !== 'never');
    const { results } = await askLedger(askable, place, alive());
    expect(results.map(({ id }) => id)).toEqual(askable.map(({ id }) => id));
    expect(results.filter((one) => one.result !== 'as assumed')).toEqual([]);
  });
});
