import type { IndexConfig } from '../../../emulator/store/index-config.ts';
import { accessLine, defaultText, jsonText, type AccessLine } from '../../../emulator/traffic/access-line.ts';
import {
  albText,
  envoyGatewayText,
  higressText,
  mseText,
  type EnvoyRequest,
} from '../../../emulator/traffic/gateway-line.ts';
import { kindOfLine } from '../../../emulator/traffic/line-kinds.ts';
import { retried, servedByCanary, withoutReadyPod } from '../../../emulator/traffic/oddities.ts';
import { seeded } from '../../support/seeded.ts';

/** A request as the generator knows it. The truth is counted from these, and never from a line or a query. */
export interface Request {
  readonly second: number;
  /** Undefined: it has no route. */
  readonly route: string | undefined;
  readonly host: string;
  readonly method: string;
  readonly status: number;
  readonly requestMs: number;
  /** All upstreams together; undefined: none answered. */
  readonly upstreamMs: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly attempts: number;
  readonly isCanary: boolean;
}

export const endSeconds = 1_658_460_600;
export const intervalSeconds = 60;
const hosts = ['a.example.com', 'b.example.com'];

/** Requests of which some are retried, of a canary, without an upstream, given up by the client, or without a route. */
export function requestsOf(seed: number, routes: readonly string[], canary: string): Request[] {
  const random = seeded(seed);
  const below = (most: number) => Math.floor(random() * most);
  return Array.from({ length: 300 }, () => {
    const kind = random();
    const isCanary = kind < 0.2;
    const [isLost, isGone, isRouteless] = [
      kind > 0.95,
      kind > 0.9 && kind <= 0.95,
      kind > 0.86 && kind <= 0.9,
    ];
    const upstreamMs = 1 + below(400);
    return {
      // Some lines are outside of the window on either side.
      second: endSeconds - intervalSeconds - 3 + below(intervalSeconds + 6),
      route: isRouteless ? undefined : isCanary ? canary : routes[below(routes.length)],
      host: hosts[below(2)] ?? '',
      method: random() < 0.5 ? 'GET' : 'POST',
      status: isLost ? 503 : isGone ? 0 : isRouteless ? 404 : ([200, 200, 302, 404, 500][below(5)] ?? 200),
      requestMs: upstreamMs + below(50),
      upstreamMs: isLost || isGone || isRouteless ? undefined : upstreamMs,
      bytesIn: below(2000),
      bytesOut: below(9000),
      attempts: random() < 0.1 ? 2 : 1,
      isCanary,
    };
  });
}

interface Kind {
  readonly prefix: string;
  readonly index: IndexConfig;
  /** As a selector names them. */
  readonly routes: readonly string[];
  readonly canary: string;
  readonly text: (request: Request, place: { readonly routes: readonly string[] }) => string;
}

const id = '0123456789abcdef0123456789abcdef';

/** The request for Envoy: its own names of a backend come from the caller, as from the gateway's control plane. */
const envoyRequest = (
  request: Request,
  names: Pick<EnvoyRequest, 'upstreamCluster' | 'routeName'>,
): EnvoyRequest => ({
  startMs: request.second * 1000 + 250,
  method: request.method,
  path: '/',
  authority: request.attempts === 2 ? `${request.host.toUpperCase()}:8443` : request.host,
  responseCode: request.status,
  flags:
    request.route === undefined
      ? 'NR'
      : request.status === 0
        ? 'DC'
        : request.upstreamMs === undefined
          ? 'UH'
          : '',
  bytesReceived: request.bytesIn,
  bytesSent: request.bytesOut,
  durationMs: request.requestMs,
  upstreamServiceTimeMs: request.upstreamMs,
  upstreamHost: request.status === 503 || request.route === undefined ? undefined : '10.8.0.11:8080',
  requestId: id,
  userAgent: 'curl/8.5.0',
  ...names,
});

/** Istio: `outbound|{port}|{subset}|{host}`. */
function cluster({ route, isCanary }: Request): string | undefined {
  if (route === undefined) return undefined;
  const [namespace = '', service = '', port = ''] = route.split('-');
  return `outbound|${port}|${isCanary ? 'v1' : ''}|${service}.${namespace}.svc.cluster.local`;
}

/** Envoy Gateway: `httproute/{namespace}/{name}/rule/{rule}/match/{match}/{host}`. */
function routeName({ route, host }: Request): string | undefined {
  if (route === undefined) return undefined;
  const [namespace = '', name = '', rule = ''] = route.split('-');
  return `httproute/${namespace}/${name}/rule/${rule}/match/0/${host.replaceAll('.', '_')}`;
}

const noCluster = { upstreamCluster: undefined, routeName: undefined };

function nginxLine(request: Request, routes: readonly string[]): AccessLine {
  const { second, route, host, method, status, requestMs, upstreamMs, bytesIn, bytesOut } = request;
  const [seconds, upstream] = [requestMs, upstreamMs ?? 0].map((ms) => (ms / 1000).toFixed(3));
  const attempt = { addr: '10.8.0.11:8080', length: '1', time: upstream ?? '', status: String(status) };
  let line = accessLine({
    ...{ atSeconds: second, host, method, requestId: id },
    status: String(status).padStart(3, '0'),
    requestTime: seconds ?? '',
    requestLength: String(bytesIn),
    bodyBytes: String(bytesOut),
    upstreamName: route === undefined ? '-' : request.isCanary ? (routes[0] ?? '') : route,
    attempts: upstreamMs === undefined ? [] : [attempt],
  });
  if (request.isCanary && route !== undefined) line = servedByCanary(line, route);
  if (upstreamMs !== undefined && request.attempts === 2)
    // The first attempt took no time, so that the sum is that of the request.
    line = { ...retried(line, { time: '0.000' }), requestTime: line.requestTime };
  return status === 503
    ? { ...withoutReadyPod(line), bodyBytes: line.bodyBytes, requestTime: line.requestTime }
    : line;
}

const services = ['shop-web-80', 'shop-api-8080'];
const { index: nginxIndex } = kindOfLine['nginx-ingress'];

/** Every field as text, as if one did not care: readings are the same. */
const asText = ({ fields }: IndexConfig): IndexConfig => ({
  fields: Object.fromEntries(Object.keys(fields).map((name) => [name, 'text' as const])),
});

export const kinds: Readonly<Record<string, Kind>> = {
  'ingress-nginx, its default format': {
    ...{ prefix: 'sls_ingress_', index: nginxIndex, routes: services, canary: 'shop-canary-80' },
    text: (request, { routes }) => defaultText(nginxLine(request, routes)),
  },
  'ingress-nginx, JSON': {
    ...{ prefix: 'sls_ingress_', index: nginxIndex, routes: services, canary: 'shop-canary-80' },
    text: (request, { routes }) => jsonText(nginxLine(request, routes)),
  },
  ALB: {
    ...{ prefix: 'sls_alb_ingress_', routes: services, canary: 'shop-canary-80' },
    // As a number, `-` is no value, and so many lines without an upstream make the upstream latency unreadable.
    index: asText(kindOfLine['alb-ingress'].index),
    text: (request, { routes }) => albText(nginxLine({ ...request, attempts: 1 }, routes)),
  },
  'MSE, numbers as numbers': {
    ...{ prefix: 'sls_mse_ingress_', index: kindOfLine['mse-ingress'].index, routes: services },
    canary: 'shop-web-80-v1',
    text: (request) => mseText(envoyRequest(request, { ...noCluster, upstreamCluster: cluster(request) })),
  },
  'Higress, every field as text': {
    ...{ prefix: 'sls_mse_ingress_', index: asText(kindOfLine['mse-ingress'].index), routes: services },
    canary: 'shop-web-80-v1',
    text: (request) =>
      higressText(envoyRequest(request, { ...noCluster, upstreamCluster: cluster(request) })),
  },
  'Envoy Gateway': {
    ...{ prefix: 'sls_envoy_gateway_', index: kindOfLine['envoy-gateway'].index },
    ...{ routes: ['shop-web-0', 'shop-web-1'], canary: 'shop-canary-0' },
    text: (request) =>
      envoyGatewayText(envoyRequest(request, { ...noCluster, routeName: routeName(request) })),
  },
};
