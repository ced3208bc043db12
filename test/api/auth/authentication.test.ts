import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Authenticator } from '../../../src/api/auth/authentication.ts';
import type { AuthenticationConfig } from '../../../src/kube/authentication-config.ts';
import type { User } from '../../../src/kube/reviews/user.ts';
import { createCa, type Ca, type IssueOptions, type PemPair } from '../../support/certificates.ts';
import { TestClock } from '../../support/test-clock.ts';

const requestHeader = {
  allowedNames: ['front-proxy-client'],
  usernameHeaders: ['x-remote-user'],
  groupHeaders: ['x-remote-group'],
  extraHeaderPrefixes: ['x-remote-extra-'],
  uidHeaders: ['x-remote-uid'],
};

let proxyCa: Ca;
let clientCa: Ca;
let otherCa: Ca;
beforeAll(async () => {
  [proxyCa, clientCa, otherCa] = await Promise.all([
    createCa('proxy'),
    createCa('client'),
    createCa('other'),
  ]);
});

const trustAll = (): AuthenticationConfig => ({
  clientCaPem: clientCa.certificate,
  requestHeader: { ...requestHeader, caPem: proxyCa.certificate },
});

interface Presented {
  readonly pair?: PemPair | undefined;
  readonly headers?: readonly (readonly [string, string])[];
  readonly token?: string;
  readonly trust?: AuthenticationConfig | undefined;
}

const tokens: Readonly<Record<string, User>> = {
  good: { name: 'system:serviceaccount:a:b', uid: '7', groups: ['system:serviceaccounts'], extra: {} },
};

function chainOf(pair: PemPair) {
  const [leaf, ...intermediates] = (
    pair.certificate.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []
  ).map((pem) => new X509Certificate(pem));
  if (leaf === undefined) throw new Error('no certificate');
  return { leaf, intermediates };
}

function authenticate(presented: Presented, clock = new TestClock()): Promise<User> {
  const trust = 'trust' in presented ? presented.trust : trustAll();
  const authenticator = new Authenticator({
    authenticationConfig: { current: trust },
    tokenReviewer: {
      reviewToken: (token) =>
        token === 'unreachable' ? Promise.reject(new Error('no API server')) : Promise.resolve(tokens[token]),
    },
    clock,
    monotonicMs: clock.monotonicMs,
  });
  return authenticator.authenticate(
    {
      chain: presented.pair && chainOf(presented.pair),
      rawHeaders: (presented.headers ?? []).flat(),
      authorization: presented.token === undefined ? undefined : `Bearer ${presented.token}`,
      peer: { remoteAddress: '192.0.2.1' },
    },
    new AbortController().signal,
  );
}

/** An authenticator for one connection of `jane`, who presents this certificate in each request. */
function connectionOf(pair: PemPair, clock: TestClock, trust: () => AuthenticationConfig) {
  const authenticator = new Authenticator({
    authenticationConfig: {
      get current() {
        return trust();
      },
    },
    tokenReviewer: { reviewToken: () => Promise.resolve(undefined) },
    clock,
    monotonicMs: clock.monotonicMs,
  });
  const presented = { chain: chainOf(pair), rawHeaders: [], authorization: undefined, peer: {} };
  const { signal } = new AbortController();
  return () => authenticator.authenticate(presented, signal);
}

const unauthenticated = (message: RegExp) =>
  expect.objectContaining({
    code: 'Unauthenticated',
    message: expect.stringMatching(message) as unknown,
  }) as unknown;

const notForClients = 'is not for clients by its extended key usage';
const user = ['X-Remote-User', 'ann'] as const;
/** A whole second, since certificates have no fractions. */
const dayOf = (days: number) => new Date((Math.floor(Date.now() / 86_400_000) + days) * 86_400_000);
const proxy = (options: IssueOptions = {}) => proxyCa.issue({ cn: 'front-proxy-client', ...options });

describe('the front proxy', () => {
  it('names the user, its uid, groups as sent, and extra', async () => {
    const headers = [
      ['x-remote-user', 'ann'],
      ['X-REMOTE-UID', '42'],
      ['X-Remote-Group', 'dev,ops'],
      ['X-Remote-Group', 'qa'],
      ['X-Remote-Extra-Acme.com%2FProject', 'one'],
      ['X-Remote-Extra-acme.com%2fproject', 'two, three'],
      ['X-Remote-Extra-100%', 'odd'],
    ] as const;
    expect(await authenticate({ pair: await proxy(), headers })).toEqual({
      name: 'ann',
      uid: '42',
      groups: ['dev,ops', 'qa', 'system:authenticated'],
      extra: { 'acme.com/project': ['one', 'two, three'], '100%': ['odd'] },
    });
  });

  it.each<[what: string, options: IssueOptions]>([
    ['without an extended key usage', { eku: 'none' }],
    ['through an intermediate authority', { intermediate: true }],
  ])('is trusted %s', async (_, options) => {
    expect((await authenticate({ pair: await proxy(options), headers: [user] })).name).toBe('ann');
  });

  it.each<[what: string, options: IssueOptions, why: string]>([
    ['with another name', { cn: 'other' }, 'its common name is none of the requestheader-allowed-names'],
    ['with a certificate for servers', { eku: 'server' }, `it ${notForClients}`],
    ['with a certificate for e-mail', { eku: 'wrong' }, `it ${notForClients}`],
    ['with an expired certificate', { notAfter: dayOf(-1) }, `it expired at ${dayOf(-1).toISOString()}`],
    [
      'with a certificate of tomorrow',
      { notBefore: dayOf(1), notAfter: dayOf(2) },
      `it is valid only from ${dayOf(1).toISOString()}`,
    ],
    ['through an authority for servers', { intermediate: 'for servers' }, `certificate ${notForClients}`],
    ['through an expired authority', { intermediate: 'expired' }, 'an intermediate certificate expired at 2'],
    ['signed by one that is no authority', { intermediate: 'no authority' }, 'no authority of the cluster'],
  ])('is not trusted %s, and the error says why', async (_, options, why) => {
    await expect(authenticate({ pair: await proxy(options), headers: [user] })).rejects.toEqual(
      unauthenticated(new RegExp(`^Unauthorized: the certificate names no user: .*${why}`)),
    );
  });

  it('may have any name if no names are configured', async () => {
    const trust = { requestHeader: { ...requestHeader, allowedNames: [], caPem: proxyCa.certificate } };
    expect((await authenticate({ pair: await proxy({ cn: 'any' }), headers: [user], trust })).name).toBe(
      'ann',
    );
  });

  it.each([
    ['by name', 'system:anonymous', []],
    ['by group', 'stranger', ['system:unauthenticated']],
  ])(
    'may name an unauthenticated user %s, who is not added to system:authenticated',
    async (_, name, groups) => {
      const headers = [
        ['X-Remote-User', name] as const,
        ...groups.map((group) => ['X-Remote-Group', group] as const),
      ];
      expect((await authenticate({ pair: await proxy(), headers })).groups).toEqual(groups);
    },
  );

  it('without a user in its headers is not authenticated', async () => {
    const headers = [['X-Remote-Group', 'system:masters'] as const, ['X-Remote-User', ''] as const];
    await expect(authenticate({ pair: await proxy(), headers })).rejects.toEqual(
      unauthenticated(/names no user: the headers of the front proxy name none/),
    );
  });

  it.each(['another authority', "the clients' authority"])('signed by %s is not trusted', async (signer) => {
    const ca = signer === 'another authority' ? otherCa : clientCa;
    const pair = await ca.issue({ cn: 'front-proxy-client' });
    const result = authenticate({ pair, headers: [user, ['X-Remote-Group', 'system:masters']] });
    if (ca === otherCa) await expect(result).rejects.toEqual(unauthenticated(/names no user/));
    // It is the client of that name. The headers are ignored.
    else expect(await result).toMatchObject({ name: 'front-proxy-client', groups: ['system:authenticated'] });
  });

  it('without its certificate is anonymous, and its headers are ignored', async () => {
    const headers = [user, ['X-Remote-Group', 'system:masters'] as const];
    expect(await authenticate({ headers })).toEqual({
      name: 'system:anonymous',
      groups: ['system:unauthenticated'],
      extra: {},
    });
  });
});

describe('a client certificate', () => {
  it('that imitates an authority names no user', async () => {
    const twin = await createCa('client');
    const pair = { certificate: twin.certificate, key: twin.key };
    await expect(authenticate({ pair })).rejects.toEqual(unauthenticated(/names no user/));
    // Neither does a certificate that it signed, sent together with it.
    const { certificate, key } = await twin.issue({ cn: 'jane' });
    await expect(
      authenticate({ pair: { certificate: certificate + twin.certificate, key } }),
    ).rejects.toEqual(unauthenticated(/names no user/));
  });

  it('names the user by its common name, and the groups by its organizations', async () => {
    const pair = await clientCa.issue({ cn: 'jane', groups: ['dev', 'system:masters'] });
    expect(await authenticate({ pair, headers: [user] })).toEqual({
      name: 'jane',
      groups: ['dev', 'system:masters', 'system:authenticated'],
      extra: {},
    });
  });

  it.each<[what: string, options: IssueOptions, why: RegExp]>([
    ['without a common name', { groups: ['dev'] }, /names no user: it has no common name/],
    ['for servers', { cn: 'jane', eku: 'server' }, /names no user: it is not for clients/],
    ['that has expired', { cn: 'jane', notAfter: dayOf(-1) }, /names no user: it expired at/],
  ])('%s names no user', async (_, options, why) => {
    await expect(authenticate({ pair: await clientCa.issue(options) })).rejects.toEqual(unauthenticated(why));
  });

  it('is refused once it expires, on an open connection too', async () => {
    const clock = new TestClock();
    const trust = trustAll();
    const pair = await clientCa.issue({ cn: 'jane', notAfter: new Date(clock.nowMs + 30_000) });
    const read = connectionOf(pair, clock, () => trust);
    expect((await read()).name).toBe('jane');
    clock.advance(31_000);
    await expect(read()).rejects.toThrow(/names no user: it expired at/);
  });

  it('is verified by the current authorities, on open connections too', async () => {
    let trust = trustAll();
    const read = connectionOf(await clientCa.issue({ cn: 'jane' }), new TestClock(), () => trust);
    expect((await read()).name).toBe('jane');
    trust = { ...trust, clientCaPem: otherCa.certificate };
    await expect(read()).rejects.toThrow(/names no user: no authority of the cluster/);
    trust = { ...trust, clientCaPem: `${otherCa.certificate}\n${clientCa.certificate}` };
    expect((await read()).name).toBe('jane');
  });

  it('names no user before an authority is known', async () => {
    const pair = await clientCa.issue({ cn: 'jane' });
    await expect(authenticate({ pair, trust: undefined })).rejects.toEqual(
      unauthenticated(/names no user: the authorities of the cluster are not known yet/),
    );
  });
});

describe('a bearer token', () => {
  it('names the user of the token review', async () => {
    expect(await authenticate({ token: 'good' })).toEqual({
      ...tokens['good'],
      groups: ['system:serviceaccounts', 'system:authenticated'],
    });
  });

  it('that is unknown or expired is refused, not taken for anonymous', async () => {
    await expect(authenticate({ token: 'bad' })).rejects.toEqual(unauthenticated(/token is not valid/));
  });

  it.each([
    ['too long', 'x'.repeat(16_385), /more than 16384 characters/],
    ['with a space', 'good x', /characters that no token has/],
    ['with bytes beyond ASCII', 'g\xf6\xf6d', /characters that no token has/],
    ['with padding inside', 'go=od', /characters that no token has/],
  ])('that cannot be one is refused unseen: %s', async (_, token, message) => {
    await expect(authenticate({ token })).rejects.toEqual(unauthenticated(message));
  });

  it('may have any number of spaces before it, which make no other token of it', async () => {
    expect((await authenticate({ token: '   good' })).name).toBe('system:serviceaccount:a:b');
  });

  it('is refused if it cannot be reviewed', async () => {
    await expect(authenticate({ token: 'unreachable' })).rejects.toEqual(
      unauthenticated(/token cannot be reviewed/),
    );
  });

  it('authenticates a client whose certificate is of an unknown authority', async () => {
    const pair = await otherCa.issue({ cn: 'mesh' });
    expect((await authenticate({ pair, token: 'good' })).name).toBe('system:serviceaccount:a:b');
  });

  it('is ignored if the certificate names a user', async () => {
    const pair = await clientCa.issue({ cn: 'jane' });
    expect((await authenticate({ pair, token: 'bad' })).name).toBe('jane');
  });
});
