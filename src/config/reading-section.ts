import { windowModes } from '../metric/labels.ts';
import { choice, section, whole } from './leaf.ts';

export const readingSection = section({
  refreshesIn15Seconds: whole(
    0,
    15,
    'How often in 15 s, the beat of the HPA controller, a logstore is queried for reads that are due; 0: only when a read comes',
  ).default(4),
  freshnessSeconds: whole(
    0,
    60,
    'How long a reading is served again without a query; at most maxStaleSeconds',
  ).default(10),
  maxStaleSeconds: whole(
    0,
    3600,
    'While SLS fails, how old the last good reading may be, counted from its query; after that, reads fail',
  ).default(60),
  patienceSeconds: whole(
    0,
    20,
    'How long a read waits for SLS if an older reading within maxStaleSeconds exists',
  ).default(2),
  deadlineSeconds: whole(1, 20, 'How long one read may take, including retries').default(20),
  maxSeries: whole(1, 1_000_000, 'How many readings are kept at most, up to 6 KB each').default(20_000),
  maxForecasts: whole(
    0,
    20_000,
    'How many forecasts are kept at most, 80 KB each, of which one namespace gets half; a quarter more for namespaces with few; 0: none',
  ).default(1000),
  perNamespace: section({
    maxSeries: whole(1, 1_000_000, 'How many series one namespace may read').default(5000),
    maxLogstores: whole(1, 1000, 'Of how many logstores one namespace may read').default(50),
    maxProjects: whole(1, 1000, 'Of how many projects one namespace may read').default(20),
  }).prefault({}),
  maxNamedRoutes: whole(
    0,
    1000,
    'How many routes of a logstore are named in queries; if reads of 15 s ask for more, a query counts all its routes',
  ).default(5),
  window: choice(
    windowModes,
    'The windows of rates of requests whose selector has no sls.query.window; adaptive: shorter while requests rise',
  ).default('fixed'),
  delaySeconds: whole(
    0,
    600,
    'How long before now a window ends, unless the selector has sls.query.delay; default: learned for each logstore',
  ).optional(),
  delay: section({
    initialSeconds: whole(
      0,
      600,
      'First value of the learned delay, from leastSeconds to mostSeconds',
    ).default(10),
    leastSeconds: whole(0, 600, 'Shortest learned delay').default(2),
    mostSeconds: whole(0, 600, 'Longest learned delay').default(60),
  }).prefault({}),
  silence: section({
    holdSeconds: whole(
      0,
      3600,
      'How long a logstore that stopped at once reads as an error, until 0 is believed; 0: it reads 0 at once',
    ).default(600),
  }).prefault({}),
});
