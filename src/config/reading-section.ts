import { section, whole } from './leaf.ts';

const delay = {
  initialSeconds: whole(0, 600, 'Where the learned delay starts; from leastSeconds to mostSeconds'),
  leastSeconds: whole(0, 600, 'Shortest delay that is learned'),
  mostSeconds: whole(0, 600, 'Longest delay that is learned'),
};

/** What each project may have of its own. Without defaults: what a project leaves out is that of all. */
const leaves = {
  refreshSeconds: whole(1, 60, 'How often a wanted reading is refreshed in the background'),
  freshnessSeconds: whole(
    0,
    60,
    'For how long a reading is served again without asking SLS; at most maxStaleSeconds',
  ),
  maxStaleSeconds: whole(
    0,
    3600,
    'How old, since it was asked for, the last good reading may be served while SLS fails; then reads fail',
  ),
  patienceSeconds: whole(
    0,
    20,
    'How long a read waits for SLS where an older reading within maxStaleSeconds is there',
  ),
  deadlineSeconds: whole(1, 20, 'How long one read may take, retries included'),
  maxNamedRoutes: whole(
    0,
    1000,
    'Up to how many routes a query names; more are counted with all others of the logstore',
  ),
  delaySeconds: whole(
    0,
    600,
    'How long before now a window ends, unless sls.query.delay says it; without it, learned for each logstore',
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
