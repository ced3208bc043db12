import { once } from 'node:events';
import autocannon from 'autocannon';
import { median } from '../statistics.ts';
import type { Load } from './load.ts';

/** Over kept connections, made anew for each call. Counts from when each of them has had its first answer. */
export const loadHttp1: Load = async ({ url, path, headers, pair, concurrency, seconds }) => {
  const connected = new Set<autocannon.Client>();
  const timesMs: number[] = [];
  let beganMs = 0;
  let lastMs = 0;
  const settings = {
    url: new URL(path, url).href,
    connections: concurrency,
    duration: seconds,
    // It looks this often whether its time is up.
    sampleInt: 50,
    headers: Object.fromEntries(distinctNames(headers)),
    tlsOptions: { cert: pair.certificate, key: pair.key },
  };
  const running = autocannon(settings, () => undefined);
  running.on('response', (client, _, __, responseTimeMs) => {
    lastMs = performance.now();
    if (connected.size === concurrency) timesMs.push(responseTimeMs);
    else if (connected.add(client).size === concurrency) beganMs = lastMs;
  });
  const [result] = (await once(running, 'done')) as [autocannon.Result];
  if (result['2xx'] === 0 || result.non2xx + result.errors > 0) {
    throw new Error(`${url} failed: ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`);
  }
  return { perSecond: (timesMs.length * 1000) / (lastMs - beganMs), p50Ms: median(timesMs) };
};

/** The tool takes an object: where a name comes again, it is told apart by its case. */
function distinctNames(headers: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const taken = new Set<string>();
  return headers.map(([name, value]) => {
    const free = [name, name.toLowerCase(), name.toUpperCase()].find((one) => !taken.has(one));
    if (free === undefined) throw new RangeError(`${name} comes more than three times`);
    taken.add(free);
    return [free, value];
  });
}
