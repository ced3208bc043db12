import { nginxIngressIndex, type IndexConfig } from '../../../emulator/store/index-config.ts';
import { logstore, project } from '../../support/adapter.ts';
import { TestClock } from '../../support/test-clock.ts';
import { indexWithout, line, nowSeconds, route, usualLines, type HealthySetup } from '../healthy-setup.ts';
import { refusal, type Fault } from './fault.ts';

const latency = (setup: HealthySetup) => {
  setup.input = {
    metric: 'sls_ingress_latency_p95',
    selector: `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`,
  };
};

/** Every second one line that is on time, and one that is 20 s late. */
async function lateLines(setup: HealthySetup) {
  const clock = new TestClock();
  await setup.replaceSls({ clock }, []);
  const sink = setup.emulator.sink(project, logstore);
  const fields = { proxy_upstream_name: route };
  const live = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1000) {
      await sink.append([line(clock.nowSeconds, fields), line(clock.nowSeconds - 20, fields)]);
      clock.advance(1000);
    }
  };
  await live(60_000);
  setup.dependencies = { clock, pause: live };
}

const heartbeat = `heartbeat: { url: 'http://10.0.0.1/', project: ${project}, logstore: ${logstore} }`;

const ownMetric = (name: string, aggregate: string) =>
  `- { name: ${name}, description: 'd', unit: ms, emptyWindow: zero, project: ${project}, logstore: ${logstore}, aggregate: ${aggregate} }`;

/** Faults of the project, the logstore, its index and its lines. */
export const logsFaults: readonly Fault[] = [
  {
    name: 'heartbeats are not logged in their logstore',
    inject: (setup) => {
      setup.file = heartbeat;
    },
    check: 'heartbeat',
    status: 'warn',
    found: [`no line of a heartbeat in ${project}/${logstore}`],
    remedy: 'sls_metrics_adapter_heartbeat_state',
  },
  {
    name: 'queries cannot leave out heartbeats',
    inject: async (setup) => {
      setup.file = heartbeat;
      await setup.replaceSls({ logstores: [{ project, logstore, index: indexWithout('http_user_agent') }] });
    },
    check: 'heartbeat',
    status: 'failed',
    found: ['http_user_agent is not indexed'],
    remedy: 'Add the field to the index',
    write: ['"http_user_agent"'],
  },
  {
    name: 'a metric of the configuration uses a field without an index',
    inject: (setup) => {
      const metrics = [ownMetric('web_wait', 'max(waited_ms)'), ownMetric('web_time', 'max(request_time)')];
      setup.file = `metrics:\n${metrics.join('\n')}\n`;
    },
    check: 'own-metrics',
    status: 'failed',
    found: ['web_wait: ', 'waited_ms'],
    remedy: 'Add an index for the field',
  },
  {
    name: 'a metric of the configuration misspells a field',
    inject: (setup) => {
      setup.file = `metrics:\n${ownMetric('web_time', 'max(request_tiem)')}\n`;
    },
    check: 'own-metrics',
    status: 'failed',
    found: ['web_time: ', 'did you mean request_time?'],
    remedy: 'Correct the name of the field',
  },
  {
    name: 'the project is missing, or in another region',
    inject: (setup) => {
      setup.input = { selector: `sls.project=k8s-log-other,sls.logstore=${logstore}` };
    },
    check: 'project',
    status: 'failed',
    found: ['project k8s-log-other', 'ProjectNotExist'],
    remedy: 'project k8s-log-other does not exist in',
    write: '--region cn-hangzhou --selector sls.project=k8s-log-CLUSTER_ID,…',
    skipped: ['permission', 'logstore', 'index'],
  },
  {
    name: 'the logstore is missing',
    inject: (setup) => {
      setup.input = { selector: `sls.project=${project},sls.logstore=ingress` };
    },
    check: 'logstore',
    status: 'failed',
    found: ['logstore ingress', 'LogStoreNotExist'],
    remedy: 'Correct sls.logstore.',
    write: 'sls.logstore=nginx-ingress',
    skipped: ['sql-queue', 'index'],
  },
  {
    name: 'RAM denies the query',
    inject: ({ emulator }) =>
      emulator.setFaults(
        refusal(
          'Unauthorized',
          'denied by sts or ram, action: log:GetLogStoreLogs, resource: acs:log:cn-beijing:1:project/p',
        ),
      ),
    check: 'permission',
    status: 'failed',
    found: ['denied by sts or ram, action: log:GetLogStoreLogs'],
    remedy: 'Attach this policy to the RAM user or role of the adapter:',
    write: `{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "log:GetLogStoreLogs"
      ],
      "Resource": [
        "acs:log:*:*:project/${project}",
        "acs:log:*:*:project/${project}/logstore/${logstore}"
      ]
    }
  ]
}`,
    skipped: ['logstore', 'index', 'freshness'],
  },
  {
    name: 'the SQL queue is full',
    inject: (setup) => setup.replaceSls({ sqlConcurrency: 0 }),
    check: 'sql-queue',
    status: 'failed',
    found: ['Too many queued queries'],
    remedy: 'SLS runs 15 SQL queries at a time in a project, for all clients together.',
    skipped: ['index', 'fields'],
  },
  {
    name: 'the SQL queue was full at first',
    inject: ({ emulator }) =>
      emulator.setFaults({ ...refusal('ParameterInvalid', 'Too many queued queries', 400), times: 2 }),
    check: 'sql-queue',
    status: 'warn',
    found: ['the query ran at attempt 3'],
    remedy: 'SLS runs 15 SQL queries at a time in a project, for all clients together.',
  },
  {
    name: 'the logstore has no index',
    inject: ({ emulator }) =>
      emulator.setFaults(refusal('IndexConfigNotExist', 'logstore without index config', 400)),
    check: 'index',
    status: 'failed',
    found: ['IndexConfigNotExist'],
    remedy: 'Create the index of the logstore, with statistics',
    skipped: ['fields', 'freshness', 'reading'],
  },
  {
    name: 'the logstore has no SQL, because its mode is query',
    inject: (setup) => setup.replaceSls({ logstores: [{ project, logstore, mode: 'query' }] }),
    check: 'sql',
    status: 'failed',
    found: ['a search works, but SQL does not'],
    remedy: 'A logstore of mode `query` (Query Logstore) has none: create one of mode standard',
    skipped: ['index', 'fields', 'freshness', 'reading'],
  },
  {
    name: 'a field is not indexed',
    inject: async (setup) => {
      latency(setup);
      await setup.replaceSls({ logstores: [{ project, logstore, index: indexWithout('request_time') }] });
    },
    check: 'fields',
    status: 'failed',
    found: ['not indexed: request_time'],
    remedy: 'Add these fields to the index of the logstore, with statistics',
    write: '{"keys":{"request_time":{"type":"double","doc_value":true}}}',
    skipped: ['field-types', 'log-format', 'route', 'reading'],
  },
  {
    name: 'a numeric field is indexed as text',
    inject: async (setup) => {
      latency(setup);
      const index: IndexConfig = { fields: { ...nginxIngressIndex.fields, request_time: 'text' } };
      await setup.replaceSls({ logstores: [{ project, logstore, index }] });
    },
    check: 'field-types',
    status: 'warn',
    found: ['not indexed as a number: request_time (varchar)'],
    remedy: 'Change the type in the index of the logstore',
    write: '{"keys":{"request_time":{"type":"double","doc_value":true}}}',
  },
  {
    name: 'lines do not name their route',
    inject: (setup) =>
      setup.replaceSls({}, [line(nowSeconds() - 3, { status: '200', host: 'a.example.com' })]),
    check: 'log-format',
    status: 'failed',
    found: ['0 of 1 lines have proxy_upstream_name'],
    remedy: 'Have nginx-ingress write the log format of ACK (ConfigMap kube-system/nginx-configuration)',
    write: [
      'log-format-upstream: >-',
      '$request_length $request_time [$proxy_upstream_name]',
      '[$proxy_alternative_upstream_name]',
    ],
    skipped: ['route'],
  },
  {
    name: 'the route had no request',
    inject: (setup) => {
      setup.input = {
        selector: `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=shop-wbe-80`,
      };
    },
    check: 'route',
    status: 'warn',
    found: ['not seen within the last hour: shop-wbe-80 (most similar: shop-web-80)'],
    remedy: 'Correct the route: nginx-ingress logs it as {namespace}-{service}-{port}.',
    write: 'sls.ingress.route=shop-web-80',
  },
  {
    name: 'the whole logstore stopped at once',
    inject: (setup) => setup.replaceSls({}, usualLines(nowSeconds() - 200)),
    check: 'freshness',
    status: 'failed',
    found: [`no line at all in ${project}/${logstore} since`, '60 a minute came before (LogstoreSilent)'],
    remedy: 'The collector or the ingress controller is down',
    write: ['kubectl -n kube-system get daemonset'],
    skipped: ['log-format', 'lag', 'route'],
  },
  {
    name: 'no line has arrived for 10 minutes',
    inject: (setup) => setup.replaceSls({}, usualLines(nowSeconds() - 700).slice(0, 20)),
    check: 'freshness',
    status: 'warn',
    found: ['no line for 11 minutes'],
    remedy: 'If clients do send requests, the collector has stopped or writes elsewhere',
    write: ['kubectl -n kube-system get daemonset'],
  },
  {
    name: 'the logstore has no lines',
    inject: (setup) => setup.replaceSls({}, []),
    check: 'freshness',
    status: 'warn',
    found: ['no line within 60 minutes'],
    remedy: 'If clients do send requests, the collector has stopped or writes elsewhere',
    skipped: ['log-format', 'route'],
  },
  {
    name: 'lines arrive after the end of their windows',
    inject: async (setup) => {
      await lateLines(setup);
      setup.file = 'reading: { delaySeconds: 10 }';
    },
    check: 'lag',
    status: 'failed',
    found: ['lines arrive up to 21 s late; windows end 10 s ago and miss 50.0 % of the lines'],
    remedy: 'Find out why the collector is late (its CPU, its queue). Until then end windows earlier:',
    write: 'reading:\n  delaySeconds: 21',
  },
];
