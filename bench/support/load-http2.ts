import { once } from 'node:events';
import http2 from 'node:http2';
import { median } from '../statistics.ts';
import { groupedByName } from './front-proxy-request.ts';
import type { Load } from './load.ts';

/** Over one connection, made anew for each call. Counts from when it has had its first answer. */
export const loadHttp2: Load = async ({ url, path, headers, pair, concurrency, seconds }) => {
  const session = http2.connect(url, {
    cert: pair.certificate,
    key: pair.key,
    rejectUnauthorized: false,
  });
  await once(session, 'connect');
  const request = { ':path': path, ...groupedByName(headers) };
  await readOnce(session, request);
  const timesMs: number[] = [];
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1000;
  const repeat = async () => {
    for (let sentMs = beganMs; sentMs < endMs;) {
      await readOnce(session, request);
      const nowMs = performance.now();
      timesMs.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, repeat));
    return {
      perSecond: (timesMs.length * 1000) / (performance.now() - beganMs),
      p50Ms: median(timesMs),
    };
  } finally {
    session.close();
  }
};

function readOnce(session: http2.ClientHttp2Session, request: http2.OutgoingHttpHeaders): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request(request, { endStream: true });
    let status: number | undefined;
    stream.on('response', (headers) => (status = headers[':status']));
    stream.on('error', reject);
    stream.on('data', () => undefined);
    stream.on('end', () => {
      if (status === 200) resolve();
      else reject(new Error(`answered with ${status}`));
    });
  });
}
