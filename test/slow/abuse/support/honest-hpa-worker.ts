import { readFileSync } from 'node:fs';
import https from 'node:https';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { FrontProxy } from '../../../../bench/support/front-proxy.ts';
import { decodeReading, printable } from '../../../../bench/support/reading-wire.ts';
import { raisePriority } from './niceness.ts';
import { nowMs, type HonestRead, type HonestSettings } from './honest-hpa.ts';

// The honest HPA and the kubelet's probe, in a thread of their own: what the attack costs the test does not delay them.

raisePriority();
const { url, pid, pair, path, periodMs, expectedValue } = workerData as HonestSettings;
const frontProxy = new FrontProxy(url, pair);
const maxWaitMs = 30_000;

async function read(): Promise<void> {
  const timer = startTimer();
  try {
    const { status, body, isGzip } = await within(frontProxy.get(path));
    const outcome = outcomeOf(status, isGzip ? gunzipSync(body) : body);
    report({ kind: 'read', answered: true, ...timer(), ...outcome });
  } catch (error) {
    report({ kind: 'read', answered: false, ...timer(), failure: String(error) });
  }
}

/** As the kubelet does it: a new connection, HTTP/1.1, no certificate. */
async function probe(): Promise<void> {
  const timer = startTimer();
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
    report({ kind: 'probe', answered: true, ...timer(), ...failure });
  } catch (error) {
    report({ kind: 'probe', answered: false, ...timer(), failure: String(error) });
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

const report = (read: HonestRead): void => parentPort?.postMessage(read);

/** Tells that a read begins. Returns a function that returns how long it took until then, and for how much of that a thread waited for a processor. */
function startTimer(): () => Pick<HonestRead, 'tookMs' | 'endedMs' | 'waitedMs'> {
  parentPort?.postMessage('begun');
  const [sentMs, beforeMs] = [performance.now(), queuedMs()];
  return () => ({ tookMs: performance.now() - sentMs, endedMs: nowMs(), waitedMs: queuedMs() - beforeMs });
}

/** The time that the adapter and this thread waited for a processor, since they started. Source: proc(5), schedstat. */
function queuedMs(): number {
  try {
    const files = [`/proc/${pid}/schedstat`, '/proc/thread-self/schedstat'];
    const nanoseconds = files.map((file) => Number(readFileSync(file, 'utf8').split(' ')[1]));
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  } catch {
    // The adapter is gone, or the kernel does not tell.
    return 0;
  }
}

setInterval(() => {
  void read();
  void probe();
}, periodMs);
