import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startEmulator } from '../../../emulator/emulator.ts';
import { replaceServingPair } from '../../../src/api/server/server.ts';
import { refTo, scriptedScaler, serveScaler } from '../../keda/keda-harness.ts';
import { accessKey, logstore, project, startAdapter } from '../../support/adapter.ts';
import { createCa } from '../../support/certificates.ts';
import { KedaClient, readAsKeda, type GrpcFailure } from '../../support/keda-client.ts';
import { waitFor } from '../../support/wait-for.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { reader, scaler } = scriptedScaler();
const server = await serveScaler(scaler);
afterAll(() => server[Symbol.asyncDispose]());
afterEach(async () => {
  reader.answer = [0];
  reader.reads.length = 0;
  await waitFor(() => server.streams() === 0 && server.app.admission.counts.places === 0);
});

/** Opens a stream, and returns it with its end. */
function openStream(client: KedaClient, name: string) {
  const stream = client.stream('StreamIsActive', refTo({}, { name }));
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  stream.on('data', () => undefined).on('error', () => undefined);
  stream.on('status', ({ code }) => resolve(code));
  return { stream, ended };
}

describe('the external scaler', () => {
  it('has 1,000 streams of one client at most, and still answers its calls', async () => {
    const own = await serveScaler(scaler);
    using client = new KedaClient(own.url);
    const streams = Array.from({ length: 1000 }, (_, n) => openStream(client, `web-${n}`));
    await waitFor(() => own.streams() === 1000);
    expect(await openStream(client, 'one-more').ended).toBe(status.RESOURCE_EXHAUSTED);
    expect(await client.isActive(refTo())).toBe(false);
    for (const { stream } of streams.slice(0, 300)) stream.cancel();
    await waitFor(() => own.streams() === 700);
    expect(await client.isActive(refTo())).toBe(false);
    const closing = own[Symbol.asyncDispose]();
    const codes = await Promise.all(streams.slice(300).map(({ ended }) => ended));
    expect(new Set(codes)).toEqual(new Set([status.OK]));
    await closing;
  });

  it('fails no call while its certificate is renewed again and again', async () => {
    const ca = await createCa('servers');
    const issue = () => ca.issue({ cn: 'adapter', eku: 'server', sans: ['localhost'] });
    const secure = await serveScaler(scaler, { servingPair: await issue() });
    const url = secure.url.replace('127.0.0.1', 'localhost');
    const tls = () => credentials.createSsl(Buffer.from(ca.certificate));
    const stopped = new AbortController();
    let calls = 0;
    /** Some clients keep their connection, some make a new one for each call. */
    const work = async (isNew: boolean) => {
      const kept = new KedaClient(url, tls());
      while (!stopped.signal.aborted) {
        const client = isNew ? new KedaClient(url, tls()) : kept;
        await readAsKeda(client, refTo({}, { name: `web-${calls % 50}` }));
        calls += 1;
        if (isNew) client[Symbol.dispose]();
      }
      kept[Symbol.dispose]();
    };
    const kept = new KedaClient(url, tls());
    const streams = Array.from({ length: 50 }, (_, n) => openStream(kept, `web-${n}`));
    const working = [true, true, false, false].map(work);
    for (let renewals = 0; renewals < 20; renewals += 1) {
      const before = calls;
      replaceServingPair(secure.app, await issue());
      await waitFor(() => calls >= before + 10);
    }
    stopped.abort();
    // A failed call would reject.
    await Promise.all(working);
    expect(secure.streams()).toBe(50);
    const closing = secure[Symbol.asyncDispose]();
    expect(new Set(await Promise.all(streams.map(({ ended }) => ended)))).toEqual(new Set([status.OK]));
    kept[Symbol.dispose]();
    await closing;
  });

  it('keeps its memory through thousands of calls, and of streams that end in each way', async () => {
    const round = async () => {
      using client = new KedaClient(server.url);
      for (let batch = 0; batch < 20; batch += 1) {
        await Promise.all(
          Array.from({ length: 50 }, (_, n) =>
            client.isActive(refTo({}, { name: `web-${n % 10}-${batch}` })),
          ),
        );
        const streams = Array.from({ length: 25 }, (_, n) => openStream(client, `web-${n}`));
        await waitFor(() => server.streams() === 25);
        for (const { stream } of streams) stream.cancel();
        await waitFor(() => server.streams() === 0);
      }
      reader.reads.length = 0;
      collectGarbage();
      return process.memoryUsage().heapUsed / 1024 ** 2;
    };
    await round();
    const before = await round();
    await round();
    await round();
    expect((await round()) - before).toBeLessThan(8);
  });
});

it('an SLS that answers after 3.5 s costs KEDA an error within 3 s, and the next read has the value', async () => {
  const emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock: Date });
  const adapter = await startAdapter({ slsEndpoint: emulator.url, kedaPort: '0', logLevel: 'fatal' });
  {
    using client = new KedaClient(adapter.kedaUrl ?? '');
    const ref = refTo({ 'sls.project': project });
    await readAsKeda(client, ref).catch(() => undefined);
    emulator.setFaults({ latencyMs: 3500 });
    const other = refTo({ 'sls.project': project, 'sls.query.interval': '30' });
    let error: unknown;
    const ask = async () => (error = await client.isActive(other).catch((thrown: unknown) => thrown));
    expectWithin(await tookMs(ask), 3000);
    expect(error).toMatchObject({ code: status.UNAVAILABLE });
    expect((error as GrpcFailure).details).toMatch(/^SlsTimeout: SLS has not answered within 2 s/);
    await waitFor(() =>
      client.isActive(other).then(
        () => true,
        () => false,
      ),
    );
    expect(await client.isActive(other)).toBe(false);
  }
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});
