import { once } from 'node:events';
import http2 from 'node:http2';
import autocannon from 'autocannon';
import type { PemPair } from '../../test/support/certificates.ts';
import { median } from '../statistics.ts';
import { groupedByName } from './front-proxy-request.ts';

/** One request, repeated. */
interface LoadOptions {
  readonly url: string;
  readonly path: string;
  /** Names and values as sent. A name may occur several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly pair: PemPair;
  /** Concurrent requests: connections for HTTP/1.1, streams of one connection for HTTP/2. */
  readonly concurrency: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** @throws Error if any response is not a 200 */
export type Load = (options: LoadOptions) => Promise<LoadResult>;

/** Opens new keep-alive connections at each call. Counts once every connection has had its first response. */
export const loadHttp1: Load = async ({ url, path, headers, pair, concurrency, seconds }) => {
  const connected = new Set<autocannon.Client>();
  const timesMs: number[] = [];
  let startMs = 0;
  let lastMs = 0;
  const settings = {
    url: new URL(path, url).href,
    connections: concurrency,
    duration: seconds,
    // autocannon checks this often whether the duration is over.
    sampleInt: 50,
    headers: Object.fromEntries(distinctNames(headers)),
    tlsOptions: { cert: pair.certificate, key: pair.key },
  };
  const running = autocannon(settings, () => undefined);
  running.on('response', (client, _, __, responseTimeMs) => {
    lastMs = performance.now();
    if (connected.size === concurrency) timesMs.push(responseTimeMs);
    else if (connected.add(client).size === concurrency) startMs = lastMs;
  });
  const [result] = (await once(running, 'done')) as [autocannon.Result];
  if (result['2xx'] === 0 || result.non2xx + result.errors > 0) {
    throw new Error(`${url} failed: ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`);
  }
  return { perSecond: (timesMs.length * 1000) / (lastMs - startMs), p50Ms: median(timesMs) };
};

/** autocannon takes headers as an object, so a repeated name is written in a different case. */
function distinctNames(headers: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const taken = new Set<string>();
  return headers.map(([name, value]) => {
    const free = [name, name.toLowerCase(), name.toUpperCase()].find((one) => !taken.has(one));
    if (free === undefined) throw new RangeError(`header ${name} occurs more than three times`);
    taken.add(free);
    return [free, value];
  });
}

/** Opens one new connection at each call. Counts once it has had its first response. */
export const loadHttp2: Load = async ({ url, path, headers, pair, concurrency, seconds }) => {
  const session = http2.connect(url, {
    cert: pair.certificate,
    key: pair.key,
    rejectUnauthorized: false,
  });
  await once(session, 'connect');
  const request = { ':path': path, ...groupedByName(headers) };
  await requestOnce(session, request);
  const timesMs: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  const repeat = async () => {
    for (let sentMs = startMs; sentMs < endMs;) {
      await requestOnce(session, request);
      const nowMs = performance.now();
      timesMs.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, repeat));
    return {
      perSecond: (timesMs.length * 1000) / (performance.now() - startMs),
      p50Ms: median(timesMs),
    };
  } finally {
    session.close();
  }
};

function requestOnce(session: http2.ClientHttp2Session, request: http2.OutgoingHttpHeaders): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request(request, { endStream: true });
    let status: number | undefined;
    stream.on('response', (headers) => (status = headers[':status']));
    stream.on('error', reject);
    stream.on('data', () => undefined);
    stream.on('end', () => {
      if (status === 200) resolve();
      else reject(new Error(`the response is a ${status}`));
    });
  });
}
