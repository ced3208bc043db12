import { sendLong } from './compression.ts';
import type { RegisterGet } from './route.ts';

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** `/metrics`: what the adapter tells of itself to Prometheus. */
export function registerMetrics(get: RegisterGet, exposition: () => Promise<Buffer>): void {
  get('/metrics', async (request, reply) => sendLong(request, reply, contentType, await exposition()));
}
