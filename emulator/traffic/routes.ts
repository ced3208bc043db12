import { cycle, type Rate, steady } from './rate.ts';

/** One ingress route: its request rate, and the fields of its requests. */
export interface TrafficRoute {
  /** `proxy_upstream_name`: `{namespace}-{service}-{port}`. */
  readonly name: string;
  readonly rate: Rate;
  readonly host: string;
  readonly method: string;
  readonly url: string;
  /** Pod addresses. At least one. */
  readonly upstreams: readonly string[];
  /** Median duration of a request, in seconds. */
  readonly requestSeconds: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Share of requests that fail, in [0, 1]. */
  readonly failureShare: number;
  /** Its canary: name and share of requests. Its other shares are those of the route unless given. */
  readonly canary?: {
    readonly name: string;
    readonly share: number;
    readonly failureShare?: number;
    readonly retriedShare?: number;
  };
  /** Share of requests that are sent to two pods, because the first one fails. */
  readonly retriedShare?: number;
  /** Share of requests that a reload of the controller cuts off: status 000. */
  readonly reloadShare?: number;
  /** If true, each request has a second line of its `auth-url` subrequest, as on controllers before 1.4.0. */
  readonly authSubrequests?: boolean;
  /** `custom-http-errors`: the default backend that the lines of failed requests name. */
  readonly errorPagesOf?: string;
  /** No ready pod, and the `default-backend` annotation: the default backend that all lines name. */
  readonly servedBy?: string;
}

/**
 * The three routes of the demo. The route of the elastic-inference guide rises from 2 past the guide's 10 QPS within
 * 10 s, to 78 after a minute, and falls again, every three minutes. The second is steady at 23.8 QPS. The third is
 * nearly idle: no requests for 30 s of every 90 s.
 */
export function demoRoutes(): TrafficRoute[] {
  return [
    {
      name: 'default-bert-tfserving-202207181536-tensorflow-serving-8501',
      rate: cycle(180, [
        [0, 2],
        [60, 78],
        [90, 78],
        [150, 2],
      ]),
      host: 'bert.example.com',
      method: 'POST',
      url: '/v1/models/chnsenticorp:predict',
      upstreams: ['172.16.52.170:8501', '172.16.52.171:8501'],
      requestSeconds: 0.045,
      requestBytes: 1830,
      responseBytes: 94,
      failureShare: 0.005,
    },
    {
      name: 'default-web-80',
      rate: steady(23.8),
      host: 'www.example.com',
      method: 'GET',
      url: '/',
      upstreams: ['172.16.9.12:8080', '172.16.9.13:8080', '172.16.9.14:8080'],
      requestSeconds: 0.006,
      requestBytes: 412,
      responseBytes: 8192,
      failureShare: 0.002,
    },
    {
      name: 'shop-cart-8080',
      rate: cycle(90, [
        [0, 0.4],
        [30, 1.2],
        [59, 0.4],
        [60, 0],
        [89, 0],
      ]),
      host: 'shop.example.com',
      method: 'GET',
      url: '/cart/items',
      upstreams: ['172.16.7.3:8080'],
      requestSeconds: 0.02,
      requestBytes: 520,
      responseBytes: 1200,
      failureShare: 0,
    },
  ];
}

/** Routes whose lines do not say plainly what happened, each at 10 requests a second. */
export function oddRoutes(): TrafficRoute[] {
  return [
    // 10 requests/s of the main service and 5 of its canary, which fails on both pods.
    {
      ...plain('shop-web-80'),
      rate: steady(15),
      canary: { name: 'shop-web-canary-80', share: 1 / 3, failureShare: 1, retriedShare: 1 },
    },
    { ...plain('default-auth-80'), authSubrequests: true },
    { ...plain('default-reload-80'), reloadShare: 0.02 },
    { ...plain('default-pages-80'), failureShare: 0.7, errorPagesOf: 'upstream-default-backend' },
    { ...plain('default-gone-80'), servedBy: 'custom-default-backend-default-pages' },
    { ...plain('default-retried-80'), retriedShare: 0.1 },
  ];
}

function plain(name: string): TrafficRoute {
  return {
    name,
    rate: steady(10),
    host: `${name.split('-')[1] ?? ''}.example.com`,
    method: 'GET',
    url: '/',
    upstreams: ['172.16.9.12:8080', '172.16.9.13:8080'],
    requestSeconds: 0.05,
    requestBytes: 412,
    responseBytes: 1200,
    failureShare: 0,
  };
}
