import { section, whole } from './leaf.ts';

const delay = {
  initialSeconds: whole(0, 600, 'First value of the learned delay, from leastSeconds to mostSeconds'),
  leastSeconds: whole(0, 600, 'Shortest learned delay'),
  mostSeconds: whole(0, 600, 'Longest learned delay'),
};

/** Settings that a project may override. They have no defaults: what a project leaves out is inherited. */
const leaves = {
  refreshSeconds: whole(1, 60, 'How often a reading in use is refreshed in the background'),
  freshnessSeconds: whole(
    0,
    60,
    'How long a reading is served again without a query; at most maxStaleSeconds',
  ),
  maxStaleSeconds: whole(
    0,
    3600,
    'While SLS fails, how old the last good reading may be, counted from its query; after that, reads fail',
  ),
  patienceSeconds: whole(
    0,
    20,
    'How long a read waits for SLS if an older reading within maxStaleSeconds exists',
  ),
  deadlineSeconds: whole(1, 20, 'How long one read may take, including retries'),
  maxNamedRoutes: whole(
    0,
    1000,
    'How many routes a query names at most; if there are more, it counts all routes of the logstore',
  ),
  delaySeconds: whole(
    0,
    600,
    'How long before now a window ends, unless the selector has sls.query.delay; default: learned for each logstore',
  ),
};

export const readingSection = section({
  refreshSeconds: leaves.refreshSeconds.default(5),
  freshnessSeconds: leaves.freshnessSeconds.default(10),
  maxStaleSeconds: leaves.maxStaleSeconds.default(60),
  patienceSeconds: leaves.patienceSeconds.default(2),
  deadlineSeconds: leaves.deadlineSeconds.default(20),
  maxSeries: whole(1, 1_000_000, 'How many readings are kept at most').default(50_000),
  maxNamedRoutes: leaves.maxNamedRoutes.default(200),
  delaySeconds: leaves.delaySeconds.optional(),
  delay: section({
    initialSeconds: delay.initialSeconds.default(10),
    leastSeconds: delay.leastSeconds.default(2),
    mostSeconds: delay.mostSeconds.default(60),
  }).prefault({}),
});

export const readingOverride = section({ ...leaves, delay: section(delay).partial() }).partial();
