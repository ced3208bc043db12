import { steady } from './rate.ts';
import type { TrafficRoute } from './routes.ts';

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
