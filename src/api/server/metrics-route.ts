import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { sendBytes } from '../read/representation.ts';
import type { RegisterGet } from './server.ts';

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Shorter bodies are not compressed. Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters. */
const leastGzippedBytes = 128 * 1024;

const gzipOptions = {
  // Kubernetes' level. Higher levels take longer and hardly shrink a text of numbers.
  level: constants.Z_BEST_SPEED,
  // Large enough for the whole result: each further chunk is another trip to the thread pool.
  chunkSize: 256 * 1024,
};

const compress = promisify(gzip);

/** Serves `/metrics` for Prometheus. A long text is compressed if the client accepts gzip. */
export function registerMetrics(get: RegisterGet, exposition: () => Promise<Buffer>): void {
  get('/metrics', async ({ headers }, reply) => {
    const bytes = await exposition();
    if (bytes.length < leastGzippedBytes) return sendBytes(reply, contentType, bytes);
    reply.header('vary', 'Accept-Encoding');
    if (!acceptsGzip(headers['accept-encoding'])) return sendBytes(reply, contentType, bytes);
    const compressed = await compress(bytes, gzipOptions);
    return sendBytes(reply.header('content-encoding', 'gzip'), contentType, compressed);
  });
}

/** A longer header is not read, because reading takes time. */
const longestAcceptEncoding = 1024;

/** @param acceptEncoding the header. Source: RFC 9110, 12.5.3 */
export function acceptsGzip(acceptEncoding = ''): boolean {
  if (acceptEncoding.length > longestAcceptEncoding) return false;
  const offers = acceptEncoding.toLowerCase().replaceAll(/\s/g, '').split(',');
  const offer = ['gzip', '*']
    .map((coding) => offers.find((text) => text.split(';', 1)[0] === coding))
    .find((found) => found !== undefined);
  const [, quality = 1] = /;q=([^;]*)/.exec(offer ?? ';q=0') ?? [];
  return Number(quality) > 0;
}
