import {
  accessLine,
  ackRecord,
  defaultText,
  type AccessLine,
} from '../../../emulator/traffic/access-line.ts';
import {
  answeredByErrorPage,
  retried,
  servedByDefaultBackend,
  withAuthSubrequest,
} from '../../../emulator/traffic/oddities.ts';
import { mseIngressIndex } from '../../../emulator/store/index-config.ts';
import { logstore, project } from '../../support/adapter.ts';
import { indexWithout, line, nowSeconds, route, usualLines, type HealthySetup } from '../healthy-setup.ts';
import type { Fault } from './fault.ts';

const defaultBackendRemedy = 'Scale it by its host instead of its route:';

/** Ten requests of the last minute to that host, beside the usual lines, each as `odd` logs it. */
const logged = async (
  setup: HealthySetup,
  odd: (line: AccessLine) => readonly AccessLine[],
  options: Parameters<HealthySetup['replaceSls']>[0] = {},
) => {
  const now = nowSeconds();
  const requests = Array.from({ length: 10 }, (_, age) =>
    accessLine({
      atSeconds: now - age,
      upstreamName: route,
      host: 'shop.example.com',
      requestId: String(age).padStart(32, '0'),
    }),
  );
  const records = requests.flatMap(odd).map((one) => ackRecord(one));
  await setup.replaceSls(options, [...usualLines(now), ...records]);
};

/** Faults that only the lines themselves show. */
export const linesFaults: readonly Fault[] = [
  {
    name: 'custom-http-errors hides the failures of a route',
    inject: (setup) => logged(setup, (one) => [one, answeredByErrorPage({ ...one, status: '503' })]),
    check: 'default-backend',
    status: 'warn',
    found: [
      `within the last hour, shop.example.com: 10 requests (10 with a 5xx) were answered by a default backend; pods of ${route} had failed them`,
    ],
    remedy: defaultBackendRemedy,
    write: 'sls.ingress.host: shop.example.com',
  },
  {
    name: 'custom-http-errors hides failures that were retried, also with a status below 500',
    inject: (setup) =>
      logged(setup, (one) => [
        one,
        answeredByErrorPage(retried({ ...one, status: '404' }, { addr: '10.8.0.11:8080' })),
      ]),
    check: 'default-backend',
    status: 'warn',
    found: [
      `10 requests (0 with a 5xx) were answered by a default backend; pods of ${route} had failed them`,
    ],
    remedy: defaultBackendRemedy,
  },
  {
    name: 'a default backend serves a host whose service has no ready pod',
    inject: (setup) =>
      logged(setup, (one) => [one, servedByDefaultBackend(one, 'custom-default-backend-shop-errors')]),
    check: 'default-backend',
    status: 'warn',
    found: [
      `shop.example.com: 10 requests (10 with a 5xx) were answered by a default backend; the host also serves ${route}`,
    ],
    remedy: defaultBackendRemedy,
    write: 'sls.ingress.host: shop.example.com',
  },
  {
    name: 'a default backend serves a failed service, in a logstore that indexes only what it needs',
    inject: (setup) => {
      const index = indexWithout('upstream_addr', 'host', 'proxy_alternative_upstream_name', 'req_id');
      const only = (one: AccessLine) => [answeredByErrorPage({ ...one, status: '502' })];
      return logged(setup, only, { logstores: [{ project, logstore, index }] });
    },
    check: 'default-backend',
    status: 'warn',
    found: ['within the last hour, 10 requests (10 with a 5xx) were answered by a default backend'],
    remedy: defaultBackendRemedy,
    skipped: ['doubled-lines'],
  },
  {
    name: 'the controller logs requests with auth-url twice',
    inject: (setup) => logged(setup, withAuthSubrequest),
    check: 'doubled-lines',
    status: 'warn',
    found: [`requests with a second line, of request_length 0, within 60 s: ${route}: 10 requests`],
    remedy: 'ingress-nginx before 1.4.0 logs a request with auth-url twice',
  },
  {
    name: 'the metric is for the log of another gateway',
    inject: (setup) =>
      setup.replaceSls({ logstores: [{ project, logstore, index: mseIngressIndex }] }, [
        line(nowSeconds() - 3, {
          upstream_cluster: 'outbound|80||web.shop.svc.cluster.local',
          authority: 'a',
        }),
      ]),
    check: 'log-kind',
    status: 'failed',
    found: ['the index has the columns of mse-ingress (upstream_cluster, authority), not of nginx-ingress'],
    remedy: 'Name the metric sls_mse_ingress_… instead of sls_ingress_qps',
    skipped: ['fields', 'log-format', 'route'],
  },
  {
    name: 'the lines have other fields than those of ACK',
    inject: (setup) => {
      const index = { fields: { status: 'long', request_uri: 'text' } } as const;
      const lines = [line(nowSeconds() - 3, { status: '200', request_uri: '/' })];
      return setup.replaceSls({ logstores: [{ project, logstore, index }] }, lines);
    },
    check: 'fields',
    status: 'failed',
    found: [
      'not indexed: proxy_upstream_name. No line has the route: they have the fields status, request_uri',
    ],
    remedy: 'If another gateway writes this log, its columns may have other names (setting logColumns).',
    write: ['log-format-upstream: >-'],
    skipped: ['log-format', 'route', 'reading'],
  },
  {
    name: 'no line of the log could be parsed',
    inject: (setup) => {
      const content = defaultText(accessLine({ atSeconds: nowSeconds() }));
      return setup.replaceSls({}, [line(nowSeconds() - 3, { content }), line(nowSeconds() - 2, { content })]);
    },
    check: 'log-format',
    status: 'failed',
    found: [
      "0 of 2 lines have proxy_upstream_name. Of the others: the collector could not parse them, and keeps them in `content`; most have the form of ingress-nginx's default log format",
    ],
    remedy: 'Have nginx-ingress write the log format of ACK (ConfigMap kube-system/nginx-configuration)',
    skipped: ['route', 'default-backend', 'doubled-lines'],
  },
];
