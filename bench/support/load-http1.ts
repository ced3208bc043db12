import { once } from 'node:events';
import autocannon from 'autocannon';
import { median } from '../statistics.ts';
import type { Load } from './load.ts';

/** Over kept connections, made anew for each call. From the first answer to the last: connecting does not count. */
export const loadHttp1: Load = async ({ url, path, headers, pair, concurrency, seconds }) => {
  const timesMs: number[] = [];
  let [firstMs, lastMs] = [0, 0];
  const settings = {
    url: new URL(path, url).href,
    connections: concurrency,
    duration: seconds,
    headers: Object.fromEntries(distinctNames(headers)),
    tlsOptions: { cert: pair.certificate, key: pair.key },
  };
  const running = autocannon(settings, () => undefined);
  running.on('response', (_, __, ___, responseTimeMs) => {
    lastMs = performance.now();
    if (timesMs.length === 0) firstMs = lastMs;
    timesMs.push(responseTimeMs);
  });
  const [result] = (await once(running, 'done')) as [autocannon.Result];
  if (result['2xx'] === 0 || result.non2xx + result.errors > 0) {
    throw new Error(`${url} failed: ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`);
  }
  return { perSecond: ((timesMs.length - 1) * 1000) / (lastMs - firstMs), p50Ms: median(timesMs) };
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
