import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { AdapterError } from '../../src/errors.ts';
import type { Credentials } from '../../src/sls/credentials/credentials.ts';
import { RenewedCredentials } from '../../src/sls/credentials/renewed-credentials.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { slsErrorRules } from '../../src/sls/sls-error-rules.ts';
import { alive, createClient, logstore, project, startSls } from './sls-client.ts';

const keys = ['first', 'second', 'third'].map((name) => ({
  id: `STS.${name}`,
  secret: `${name}-secret`,
  securityToken: `${name}-token`,
}));
const credentialsOf = (index: number): Credentials => {
  const { id = '', secret = '', securityToken } = keys[index] ?? {};
  return { accessKeyId: id, accessKeySecret: secret, securityToken };
};

const startMs = Date.now();
let sls: Emulator;
let nowMs: number;
let monotonicMs: number;
/** How often credentials were fetched, and which key there is to fetch. */
let fetched: number;
let current: () => Credentials;

beforeAll(async () => {
  const [first, second, third] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
  sls = await startSls({
    accessKey: [{ ...first, expiresAtMs: startMs + 20_000 }, second, { ...third, disabled: true }],
    clock: { now: () => nowMs },
  });
});
beforeEach(() => {
  nowMs = startMs;
  monotonicMs = 0;
  fetched = 0;
  current = () => credentialsOf(0);
});
afterEach(() => sls.setFaults({}));
afterAll(() => sls.stop());

function client() {
  const source = new RenewedCredentials({
    name: 'rrsa',
    origin: () => {
      fetched += 1;
      return Promise.resolve({ credentials: current() });
    },
    clock: { now: () => nowMs },
    monotonicMs: () => monotonicMs,
    observer: { credentialsFailing: () => undefined, credentialsRecovered: () => undefined },
  });
  const { client: sending, events } = createClient({}, source);
  const toSeconds = Math.floor(nowMs / 1000) - 10;
  const query = {
    endpoint: parseEndpointUrl(sls.url),
    project,
    logstore,
    fromSeconds: toSeconds - 15,
    toSeconds,
    query: '* | SELECT count(*) AS requests FROM log LIMIT 1',
  };
  const ask = () =>
    sending.query(query, alive()).then(
      () => 'ok',
      (error: unknown) => (error as AdapterError).code,
    );
  return { ask, events, [Symbol.dispose]: () => sending.close() };
}

describe('credentials that SLS refuses', () => {
  it('are fetched again by the query that meets an expired token, and the query succeeds', async () => {
    using asking = client();
    expect(await asking.ask()).toBe('ok');
    nowMs += 20_000;
    current = () => credentialsOf(1);
    expect(await asking.ask()).toBe('ok');
    expect(fetched).toBe(2);
    expect(asking.events.map(({ outcome }) => outcome)).toEqual(['ok', 'CredentialsRefused', 'ok']);
  });

  it('are fetched again at most every 5 seconds, and the query is not repeated with the same key', async () => {
    using asking = client();
    current = () => credentialsOf(2);
    for (let second = 0; second < 30; second += 1) {
      expect(await asking.ask()).toBe('CredentialsRefused');
      monotonicMs += 1000;
    }
    expect(fetched).toBe(1 + 6);
    expect(asking.events).toHaveLength(30);
  });

  it('are replaced at once for all queries that were in flight with the old key', async () => {
    using asking = client();
    expect(await asking.ask()).toBe('ok');
    nowMs += 20_000;
    current = () => credentialsOf(1);
    expect(await Promise.all([asking.ask(), asking.ask(), asking.ask()])).toEqual(['ok', 'ok', 'ok']);
    expect(fetched).toBe(2);
  });

  it('give the reason why there are no new ones', async () => {
    using asking = client();
    expect(await asking.ask()).toBe('ok');
    nowMs += 20_000;
    current = () => {
      throw new AdapterError('CredentialsMissing', 'STS does not answer');
    };
    expect(await asking.ask()).toBe('CredentialsMissing');
  });
});

describe('each error reply of SLS, over the wire', () => {
  const replies = slsErrorRules.flatMap(({ means, examples }) =>
    examples.map((example) => [...example, means] as const),
  );

  it.each(replies)(
    'with status %i, code %s and message %j is %s, and renews the credentials only if it is about them',
    async (status, errorCode, errorMessage, means) => {
      using asking = client();
      sls.setFaults({ status, errorCode, errorMessage });
      expect(await asking.ask()).toBe(means);
      expect(fetched).toBe(means === 'CredentialsRefused' ? 2 : 1);
      expect(asking.events).toHaveLength(1);
    },
  );
});
