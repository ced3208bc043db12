import http from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { ecsRoleOrigin } from '../../../src/sls/credentials/role-session.ts';
import { startRawSls } from '../raw-sls.ts';
import { failureOf } from './failure-of.ts';

const session = {
  accessKeyId: 'STS.session',
  accessKeySecret: 'planted-session-secret',
  securityToken: 'planted-session-token',
};

describe('ecsRoleOrigin', () => {
  const metadata = '100.100.100.200';
  const expiration = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3600_000)
    .toISOString()
    .replace('.000Z', 'Z');
  const reply = {
    Code: 'Success',
    AccessKeyId: 'STS.session',
    AccessKeySecret: 'planted-session-secret',
    SecurityToken: 'planted-session-token',
    Expiration: expiration,
  };

  /** Sends requests for the fixed metadata address to loopback, and refuses any other request. */
  async function withMetadata(
    respond: (path: string) => [number, string],
    test: (paths: string[]) => Promise<void>,
  ) {
    const paths: string[] = [];
    await using server = await startRawSls((request, response) => {
      const { method, url = '', headers } = request;
      paths.push(`${method} ${url}`);
      const hasToken = headers['x-aliyun-ecs-metadata-token'] === 'planted-metadata-token';
      const [status, body] =
        method === 'PUT' ? [200, 'planted-metadata-token'] : hasToken ? respond(url) : [403, 'no token'];
      response.writeHead(status).end(body);
    });
    const send = http.request;
    const spy = vi.spyOn(http, 'request').mockImplementation(((options: http.RequestOptions) => {
      expect(options.host).toBe(metadata);
      return send({ ...options, host: '127.0.0.1', port: server.port, agent: false });
    }) as typeof http.request);
    const disabled = process.env['ALIBABA_CLOUD_ECS_METADATA_DISABLED'];
    delete process.env['ALIBABA_CLOUD_ECS_METADATA_DISABLED'];
    try {
      await test(paths);
    } finally {
      process.env['ALIBABA_CLOUD_ECS_METADATA_DISABLED'] = disabled ?? 'true';
      spy.mockRestore();
    }
  }

  it('asks for the role by name, with a metadata token', () =>
    withMetadata(
      () => [200, JSON.stringify(reply)],
      async (paths) => {
        expect(await ecsRoleOrigin('node-role')()).toEqual({
          credentials: session,
          expiresAtMs: Date.parse(expiration),
        });
        expect(paths).toEqual([
          'PUT /latest/api/token',
          'GET /latest/meta-data/ram/security-credentials/node-role',
        ]);
      },
    ));

  it('finds the role if no name is given', () =>
    withMetadata(
      (path) => (path.endsWith('/') ? [200, 'found-role'] : [200, JSON.stringify(reply)]),
      async (paths) => {
        expect((await ecsRoleOrigin(undefined)()).credentials).toEqual(session);
        expect(paths.at(-1)).toBe('GET /latest/meta-data/ram/security-credentials/found-role');
      },
    ));

  it.each([
    [404, 'planted'],
    [200, 'planted'],
    [200, '{"AccessKeySecret":"planted"'],
    [200, JSON.stringify({ ...reply, Code: 'Failed' })],
  ])('fails without a secret in the message if the reply is %d %s', (status, body) =>
    withMetadata(
      () => [status, body],
      async () => {
        expect(await failureOf(ecsRoleOrigin('node-role'))).toMatch(/sts token/);
      },
    ),
  );

  it('does not ask if the environment forbids it', async () => {
    expect(process.env['ALIBABA_CLOUD_ECS_METADATA_DISABLED']).toBe('true');
    expect(await failureOf(ecsRoleOrigin('node-role'))).toBe('IMDS credentials is disabled');
  });
});
