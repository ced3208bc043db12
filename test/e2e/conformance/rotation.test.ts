import { X509Certificate } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCa, type Ca, type PemPair } from '../../support/certificates.ts';
import {
  authenticationData,
  goodRead,
  ready,
  startCluster,
  type TestCluster,
} from '../../support/cluster.ts';
import { startSteadyLoad, type SteadyLoad } from '../../support/steady-load.ts';
import { waitFor } from '../../support/wait-for.ts';

let dir: string;
let servingCa: Ca;
let cluster: TestCluster;
let load: SteadyLoad;
let frontPair: PemPair;

const certFile = () => join(dir, 'tls.crt');
const keyFile = () => join(dir, 'tls.key');

/** Replaces each file atomically, as kubelet does. */
async function install(pair: PemPair): Promise<void> {
  for (const [file, text] of [
    [keyFile(), pair.key],
    [certFile(), pair.certificate],
  ] as const) {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }
}

const issueServing = () =>
  servingCa.issue({ cn: 'adapter', eku: 'server', sans: ['localhost', '127.0.0.1'] });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rotation-'));
  servingCa = await createCa('serving');
  await install(await issueServing());
  cluster = await startCluster({
    flags: { tlsCertFile: certFile(), tlsPrivateKeyFile: keyFile() },
    trustPem: servingCa.certificate,
  });
  cluster.apiServer.decide = () => true;
  await waitFor(() => ready(cluster));
  frontPair = await cluster.proxyCa.issue({ cn: 'front-proxy-client' });
  load = startSteadyLoad({
    url: cluster.adapter.url,
    path: goodRead,
    ca: () => servingCa.certificate,
    pair: () => frontPair,
    headers: { 'x-remote-user': 'hpa' },
  });
  await waitFor(() => load.succeeded > 20);
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

/** Returns the serial number of the certificate that a new connection gets. */
async function servedSerial(): Promise<string> {
  const { hostname, port } = new URL(cluster.adapter.url);
  const socket = connect({ host: hostname, port: Number(port), ca: servingCa.certificate });
  await once(socket, 'secureConnect');
  const serial = socket.getPeerX509Certificate()?.serialNumber ?? '';
  socket.destroy();
  return serial;
}

/** Waits for more successful requests. */
async function moreLoad(): Promise<void> {
  const before = load.succeeded;
  await waitFor(() => load.succeeded > before + 40);
}

it('a change of the serving pair fails no request', async () => {
  const next = await issueServing();
  const serial = new X509Certificate(next.certificate).serialNumber;
  expect(await servedSerial()).not.toBe(serial);
  await install(next);
  await waitFor(async () => (await servedSerial()) === serial, 'the new certificate is served');
  await moreLoad();
  expect(await load.stop()).toMatchObject({ failures: [] });
});

it('a mismatched serving pair is logged and not served, and the last good one stays in use', async () => {
  const serial = await servedSerial();
  await writeFile(certFile(), (await issueServing()).certificate);
  await waitFor(
    () =>
      cluster.adapter.logLines.some(({ msg }) =>
        /serving certificate was not replaced: .*tls\.key does not belong to/.test(String(msg)),
      ),
    'the log names the file',
  );
  expect(await servedSerial()).toBe(serial);
  expect(await load.stop()).toMatchObject({ failures: [] });
});

it('a change of the front proxy CA fails no request, and the old CA is no longer trusted', async () => {
  const nextCa = await createCa('front-proxy-2');
  const both = `${cluster.proxyCa.certificate}\n${nextCa.certificate}`;
  const loads = () =>
    cluster.adapter.logLines.filter(({ msg }) => msg === 'The authentication configuration was loaded')
      .length;

  const before = loads();
  cluster.apiServer.setAuthentication(authenticationData(cluster.clientCa.certificate, both));
  await waitFor(() => loads() > before);
  const oldPair = frontPair;
  frontPair = await nextCa.issue({ cn: 'front-proxy-client' });
  await moreLoad();
  expect(await load.stop()).toMatchObject({ failures: [] });

  cluster.apiServer.setAuthentication(authenticationData(cluster.clientCa.certificate, nextCa.certificate));
  const asFront = (pair: PemPair) => cluster.request({ pair, headers: { 'x-remote-user': 'hpa' } });
  await waitFor(async () => (await asFront(oldPair)).statusCode === 401);
  expect((await asFront(frontPair)).statusCode).toBe(200);
});

it('a change of the client CA is noticed although the watch closed and its version expired', async () => {
  const jane = (ca: Ca) => ca.issue({ cn: 'jane' });
  const nextCa = await createCa('clients-2');
  const pair = await jane(nextCa);
  expect((await cluster.request({ pair })).statusCode).toBe(401);
  cluster.apiServer.configMaps.closeWatches();
  cluster.apiServer.configMaps.expire('status');
  cluster.apiServer.setAuthentication(authenticationData(nextCa.certificate, cluster.proxyCa.certificate));
  await waitFor(async () => (await cluster.request({ pair })).statusCode === 200);
  expect((await cluster.request({ pair: await jane(cluster.clientCa) })).statusCode).toBe(401);
  expect(await load.stop()).toMatchObject({ failures: [] });
});
