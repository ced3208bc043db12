import https from 'node:https';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { FrontProxy } from '../../../../bench/support/front-proxy.ts';
import { decodeReading, printable } from '../../../../bench/support/reading-wire.ts';
import { raisePriority } from './niceness.ts';
import type { HonestRead, HonestSettings } from './honest-hpa.ts';

// The honest HPA and the kubelet's probe, in a thread of their own: what the attack costs the test does not delay them.

raisePriority();
const { url, pair, path, periodMs, expectedValue } = workerData as HonestSettings;
const frontProxy = new FrontProxy(url, pair);
const maxWaitMs = 10_000;
let latenessMs = 0;

async function read(): Promise<void> {
  const sentMs = performance.now();
  try {
    const { status, body, isGzip } = await within(frontProxy.get(path));
    report({
      kind: 'read',
      tookMs: performance.now() - sentMs,
      ...outcomeOf(status, isGzip ? gunzipSync(body) : body),
    });
  } catch (error) {
    report({ kind: 'read', tookMs: performance.now() - sentMs, failure: String(error) });
  }
}

/** As the kubelet does it: a new connection, HTTP/1.1, no certificate. */
async function probe(): Promise<void> {
  const sentMs = performance.now();
  try {
    const status = await within(
      new Promise<number>((resolve, reject) => {
        https
          .get(new URL('/livez', url), { rejectUnauthorized: false, agent: false }, (reply) => {
            reply.resume().on('end', () => resolve(reply.statusCode ?? 0));
          })
          .on('error', reject);
      }),
    );
    const failure = status === 200 ? {} : { failure: `status ${status}` };
    report({ kind: 'probe', tookMs: performance.now() - sentMs, ...failure });
  } catch (error) {
    report({ kind: 'probe', tookMs: performance.now() - sentMs, failure: String(error) });
  }
}

function outcomeOf(status: number, body: Buffer): { failure: string } | { ageSeconds: number } {
  if (status !== 200) return { failure: `status ${status}: ${printable(body).slice(0, 300)}` };
  const { value, windowEndSeconds } = decodeReading(body);
  if (value !== expectedValue) return { failure: `${value} instead of ${expectedValue}` };
  return { ageSeconds: Date.now() / 1000 - windowEndSeconds };
}

function within<T>(pending: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => reject(new Error(`no reply within ${maxWaitMs} ms`)), maxWaitMs);
  pending.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}

const report = (read: Omit<HonestRead, 'latenessMs'>): void =>
  parentPort?.postMessage({ ...read, latenessMs } satisfies HonestRead);

let expectedMs = performance.now() + periodMs;
setInterval(() => {
  latenessMs = Math.max(0, performance.now() - expectedMs);
  expectedMs = performance.now() + periodMs;
  void read();
  void probe();
}, periodMs);
