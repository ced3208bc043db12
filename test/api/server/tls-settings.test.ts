import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { createServer, replaceServingPair, type Server } from '../../../src/api/server/server.ts';
import { keepServingPair } from '../../../src/api/server/serving-pair.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { tlsSettingsOf } from '../../../src/config/tls-settings.ts';

const directory = await mkdtemp(join(tmpdir(), 'tls-'));
const pair = await keepServingPair(directory, ['127.0.0.1'], Date);
afterAll(() => rm(directory, { recursive: true }));

const settingsOf = (server: Record<string, unknown>) =>
  tlsSettingsOf(configSchema.parse({ server, sls: { region: 'cn-beijing' } }));

/** Returns the version and cipher that a client gets, or the code of the refusal. */
async function negotiate(server: Server, options: ConnectionOptions): Promise<string> {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return `${socket.getProtocol()} ${socket.getCipher().standardName}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

const tls12 = { maxVersion: 'TLSv1.2' } as const;
const aes256 = { ...tls12, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' };

describe('the TLS settings of the server', () => {
  it.each([
    ['allow TLS 1.2 and 1.3 if none is given', {}, /^TLSv1\.3 /, /^TLSv1\.2 /],
    ['can require TLS 1.3', { tlsMinVersion: 'VersionTLS13' }, /^TLSv1\.3 /, /^ERR_SSL_.*ALERT/],
    [
      'can name cipher suites of TLS 1.2, with all of TLS 1.3',
      { tlsCipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] },
      /^TLSv1\.3 /,
      /^ERR_SSL_.*HANDSHAKE_FAILURE/,
    ],
    [
      'can name cipher suites of both versions',
      { tlsCipherSuites: ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] },
      /^TLSv1\.3 TLS_CHACHA20_POLY1305_SHA256$/,
      /^TLSv1\.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384$/,
    ],
    ['can name none of TLS 1.2', { tlsCipherSuites: ['TLS_AES_256_GCM_SHA384'] }, /TLS_AES_256/, /^ERR_SSL_/],
  ])('%s', async (_, server, newest, older) => {
    const settings = settingsOf(server);
    const app = createServer(pair, settings);
    await app.listen({ host: '127.0.0.1', port: 0 });
    try {
      expect(await negotiate(app, {})).toMatch(newest);
      expect(await negotiate(app, aes256)).toMatch(older);
      replaceServingPair(app, pair, settings);
      expect(await negotiate(app, {})).toMatch(newest);
      expect(await negotiate(app, aes256)).toMatch(older);
    } finally {
      await app.close();
    }
  });
});
