import { AdapterError } from '../../src/errors.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import type { Series } from '../../src/metric/series.ts';
import type { ForecastStatus } from '../../src/status/status-document.ts';
import type { StatusSources, StatusTracker } from '../../src/status/status-tracker.ts';
import { seriesWith } from '../reading/series.ts';
import { builtIn } from '../support/catalog.ts';
import { TestClock } from '../support/test-clock.ts';
import { createTracker, putReading } from './status-bench.ts';

/** One HPA of the scene, and the course of its metric. */
interface SceneHpa {
  readonly namespace: string;
  readonly name: string;
  readonly metric: string;
  readonly series: Series;
  readonly target: number;
  readonly maxReplicas: number;
  /** Returns the value at a number of seconds before now. */
  readonly at: (secondsAgo: number) => number;
}

const project = 'k8s-log-c7f3a1';
const wave = (middle: number, swing: number, periodSeconds: number, phase: number) => (secondsAgo: number) =>
  middle + swing * Math.sin((2 * Math.PI * (phase - secondsAgo)) / periodSeconds);

const hpas: readonly SceneHpa[] = [
  sceneHpa(
    'default',
    'bert-tfserving',
    'sls_ingress_qps',
    'default-bert-tfserving-8501',
    10,
    10,
    wave(46, 30, 190, 20),
  ),
  sceneHpa('default', 'web', 'sls_ingress_qps', 'default-web-80', 10, 12, wave(23.8, 1.1, 31, 4)),
  sceneHpa('shop', 'cart', 'sls_ingress_qps', 'shop-cart-8080', 5, 8, wave(7.4, 3.2, 70, 9)),
  sceneHpa('shop', 'checkout', 'sls_ingress_latency_p95', 'shop-checkout-8080', 250, 6, wave(182, 26, 47, 3)),
  sceneHpa('shop', 'search', 'sls_ingress_qps', 'shop-search-80', 40, 20, wave(512, 120, 260, 60)),
  sceneHpa(
    'media',
    'thumbnails',
    'sls_ingress_inflow',
    'media-thumbnails-9000',
    2e6,
    16,
    wave(6.2e6, 2.1e6, 120, 30),
  ),
  sceneHpa(
    'media',
    'transcode',
    'sls_ingress_concurrency',
    'media-transcode-9000',
    4,
    10,
    wave(13, 4, 90, 12),
  ),
  sceneHpa(
    'billing',
    'invoices',
    'sls_ingress_error_ratio',
    'billing-invoices-443',
    0.01,
    4,
    wave(0.004, 0.002, 60, 7),
  ),
];

function sceneHpa(
  namespace: string,
  name: string,
  metric: string,
  route: string,
  target: number,
  maxReplicas: number,
  at: SceneHpa['at'],
): SceneHpa {
  const series = seriesWith({ metric: builtIn.find(metric), project, route });
  return { namespace, name, metric, series, target, maxReplicas, at };
}

/** An hour of a small cluster: eight healthy HPAs, one whose log field has no index, one with a mistyped label. */
export function scene(): { readonly tracker: StatusTracker; readonly sources: StatusSources } {
  const clock = new TestClock();
  const nowMs = Date.now();
  clock.nowMs = nowMs - 3_600_000;
  const tracker = createTracker(clock);
  playQueries(tracker, clock, nowMs);
  for (const one of hpas) addHpa(tracker, one);
  const slow = sceneHpa(
    'shop',
    'recommend',
    'sls_ingress_upstream_latency_p99',
    'shop-recommend-80',
    400,
    6,
    wave(0, 0, 1, 0),
  );
  addHpa(tracker, slow);
  const requirements = parseLabelSelector('sls.ingress.rout=blog-web-80');
  tracker.autoscalers.changed({ namespace: 'blog', name: 'web' }, [
    { name: 'sls_ingress_qps', requirements },
  ]);
  for (let secondsAgo = 150; secondsAgo >= 0; secondsAgo -= 5) {
    clock.nowMs = nowMs - secondsAgo * 1000;
    for (const { series, at } of hpas) putReading(tracker, series, at(secondsAgo), clock.nowMs);
    const what = `SLS, project ${project}, logstore nginx-ingress: ParameterInvalid: key (upstream_response_time) is not config as numberic column`;
    tracker.series.fail(slow.series, new AdapterError('IndexMissing', what));
  }
  clock.nowMs = nowMs;
  const sources: StatusSources = {
    projects: () => [
      {
        project,
        endpoint: 'https://cn-beijing-intranet.log.aliyuncs.com',
        running: 1,
        waiting: 0,
        circuit: 'closed',
      },
    ],
    logstores: () => [
      {
        ...{ project, logstore: 'nginx-ingress', delaySeconds: 3, saturated: false },
        ...{ newestLineSeconds: nowMs / 1000 - 3, silentSinceSeconds: null },
      },
    ],
    forecasts: () => [sceneForecast('default-web-80', 0.913), sceneForecast('<b>shop</b>', 0.72)],
  };
  return { tracker, sources };
}

const sceneForecast = (route: string, coverage: number): ForecastStatus => ({
  ...{ metric: 'sls_ingress_qps_forecast', unit: 'requests/s', project, logstore: 'nginx-ingress', route },
  ...{ aheadSeconds: 180, quantile: 0.9, perSecond: 27.4, coverage },
  ...{ pinballLoss: 0.41, lastMinutePinballLoss: 0.66 },
  weights: {
    last_minute: 0.08,
    mean_of_3: 0.21,
    max_of_10: 0,
    high_of_60: 0,
    same_time: 0.1,
    growth: 0.05,
    same_minute: 0.56,
  },
  mostOfEachHour: Array.from({ length: 24 }, (_, hour) => ({
    came: hour < 3 ? null : 20 + 8 * Math.sin(hour / 4),
    forecast: 23 + 8 * Math.sin((hour + 0.3) / 4),
  })),
});

function addHpa(
  tracker: StatusTracker,
  { namespace, name, metric, series, target, maxReplicas }: SceneHpa,
): void {
  const selector = `sls.project=${project},sls.logstore=nginx-ingress,sls.ingress.route=${series.route ?? ''}`;
  const aim = { kind: 'AverageValue', value: target, minReplicas: 1, maxReplicas } as const;
  tracker.autoscalers.changed({ namespace, name }, [
    { name: metric, requirements: parseLabelSelector(selector), target: aim },
  ]);
}

/** Twelve refreshes a minute and some probes of the delay, with a few throttled minutes. */
function playQueries(tracker: StatusTracker, clock: TestClock, untilMs: number): void {
  for (let minute = 0; clock.nowMs < untilMs; minute++) {
    const throttled = minute >= 22 && minute <= 25 ? 5 - Math.abs(23 - minute) * 2 : 0;
    const sent = 15 + ((minute * 7) % 3) + throttled;
    for (let query = 0; query < sent; query++)
      tracker.slsQueryFinished({ outcome: query < throttled ? 'SlsThrottled' : 'ok' });
    for (let batch = 0; batch < 12; batch++) tracker.batchSent({ reason: 'due' });
    for (let read = 0; read < 36; read++) {
      const { namespace, metric, series } = pick(read);
      const selector = `sls.project=${project},sls.ingress.route=${series.route ?? ''}`;
      tracker.readFinished({ read: { namespace, metric, selector }, ageMs: 6600 + 100 * (read % 4) });
    }
    clock.advance(60_000);
  }
}

function pick(index: number): SceneHpa {
  const hpa = hpas[index % hpas.length];
  if (hpa === undefined) throw new RangeError('the scene has no HPAs');
  return hpa;
}
