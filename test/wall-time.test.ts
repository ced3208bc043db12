import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const sources = resolve(import.meta.dirname, '../src');

/**
 * The files that may read the system clock, and what they need a time of day or a date for. It may be set back or ahead at
 * any moment, so ages, pauses, limits and expiry go by `monotonicMs`.
 */
const wallTime: Readonly<Record<string, string>> = {
  'api/auth/authentication.ts': 'validity of certificates',
  'api/read/external-metrics.ts': 'age of a window of the log, for the metrics',
  'api/server/serving-pair.ts': 'validity of certificates',
  'cli/explain/explain.ts': 'windows of the log',
  'cli/explain/explanation.ts': 'windows of the log',
  'cli/query.ts': 'windows of the log',
  'cli/replay/traffic-source.ts': 'windows of the log',
  'cli/routes/routes.ts': 'windows of the log',
  'cli/run-process.ts': 'the clock itself',
  'doctor/assumptions-check.ts': 'windows of the log',
  'doctor/ca-bundle-check.ts': 'validity of certificates',
  'doctor/endpoint-checks.ts': 'windows of the log',
  'doctor/heartbeat-check.ts': 'windows of the log',
  'doctor/lag-check.ts': 'windows of the log',
  'doctor/line-checks.ts': 'windows of the log',
  'doctor/log-kind-check.ts': 'windows of the log',
  'doctor/logstore-query.ts': 'windows of the log',
  'doctor/nginx-checks.ts': 'windows of the log',
  'doctor/own-metrics-check.ts': 'windows of the log',
  'doctor/target-checks.ts': 'windows of the log',
  'keda/client-certificates.ts': 'validity of certificates',
  'keda/scaler.ts': 'age of a window of the log, for the metrics',
  'kube/api-service.ts': 'validity of certificates, and a time that is shown',
  'kube/client/list-watch.ts': 'a time that is shown',
  'reading/collector.ts': 'windows of the log',
  'reading/delay/delay-learner.ts': 'windows of the log',
  'reading/heartbeat/heartbeat.ts': 'seconds of the log',
  'reading/history/forecasts.ts': 'minutes of the log',
  'reading/history/logstore-history.ts': 'minutes of the log',
  'reading/prefetcher.ts': 'windows of the log',
  'reading/silence/silence-watch.ts': 'seconds of the log',
  'service/telemetry.ts': 'ages of certificates and lines',
  'sls/credentials/renewed-credentials.ts': 'expiry of credentials, which SLS checks by its own clock',
  'status/series-tracker.ts': 'a time that is shown',
  'status/status-tracker.ts': 'times that are shown',
};

/** The page runs in a browser. */
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.startsWith('status-page/page/'),
);

const readsSystemClock = (text: string) =>
  /(?<!performance)\.now\b|\{ now \}|\bnew Date\(\)|perf: clock\b|(clock: |= )Date\b(?!\.)/.test(
    text.replaceAll(/\/\*\*?[\s\S]*?\*\/|\/\/.*/g, ''),
  );

it('the system clock is read only where a time of day or a date is meant', () => {
  const readers = files.filter((name) => readsSystemClock(readFileSync(join(sources, name), 'utf8')));
  expect(readers.toSorted()).toEqual(Object.keys(wallTime));
});

it.each([
  ['const ageMs = clock.now() - atMs', true],
  ['perf: clock.now', true],
  ['perf: clock', true],
  ['const nowMs = Date.now()', true],
  ['const { now } = clock', true],
  ['const at = new Date();', true],
  ['new Reader({ clock: Date })', true],
  ['performance.now() - startMs', false],
  ['new Date(nowMs - 1000)', false],
  ['/** As Date.now() */', false],
  ['validToDate: Date;', false],
])('that the system clock is read is told from the text: %s', (text, isRead) =>
  expect(readsSystemClock(text)).toBe(isRead),
);
