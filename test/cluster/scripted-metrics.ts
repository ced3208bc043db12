import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCa } from '../support/certificates.ts';

const groupPath = '/apis/external.metrics.k8s.io/v1beta1';

/** Answers the reads of the HPA controller: the value in thousandths, or undefined for a failure. */
export type Answer = (metric: string) => Promise<number | undefined>;

/** An external metrics API whose values a test chooses. */
export class ScriptedMetrics implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(answer: Answer): Promise<ScriptedMetrics> {
    const { certificate, key } = await (
      await createCa('scripted')
    ).issue({ eku: 'server', sans: ['localhost'] });
    const server = createServer({ cert: certificate, key }, (request, reply) => {
      const [, metric] = /\/namespaces\/[^/]+\/([^/?]+)/.exec(request.url ?? '') ?? [];
      void bodyFor(request.url ?? '', metric, answer).then(({ code, body }) => {
        reply.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedMetrics(server);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

async function bodyFor(url: string, metric: string | undefined, answer: Answer) {
  if (metric !== undefined) {
    const milli = await answer(metric);
    if (milli === undefined) return { code: 503, body: status(503, 'scripted failure') };
    const item = {
      metricName: metric,
      metricLabels: {},
      timestamp: new Date().toISOString(),
      value: `${milli}m`,
    };
    return {
      code: 200,
      body: {
        kind: 'ExternalMetricValueList',
        apiVersion: 'external.metrics.k8s.io/v1beta1',
        metadata: {},
        items: [item],
      },
    };
  }
  if (url.split('?')[0] === groupPath)
    return {
      code: 200,
      body: {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: 'external.metrics.k8s.io/v1beta1',
        resources: [],
      },
    };
  return { code: 404, body: status(404, 'not found') };
}

const status = (code: number, message: string) => ({
  ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, message },
});
