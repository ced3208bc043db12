import { toAdapterError } from '../errors.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { queryText, routeAlias } from '../sls/query-text.ts';
import { unindexedField } from '../sls/sls-error.ts';
import { failed, ok, skipped, warn } from './check.ts';
import { nearest } from './edit-distance.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { countIn, ingressLogOf, survey, usualReach } from './survey.ts';

/** So long without a line is worth a word; at night it may be nothing. */
const silenceSeconds = 600;

export const freshness: DoctorCheck = {
  id: 'freshness',
  what: 'Whether lines have come within 10 minutes',
  after: ['index'],
  run: ({ around, facts }) => {
    const probe = facts.get('probe');
    if (probe.error !== undefined) throw probe.error;
    const { newestSeconds, reachSeconds, lines } = probe;
    const remedy =
      'Where requests are made all the same, the collector has stopped or writes elsewhere: look at its pods and their log. Where none are made, all is well, and readings are 0.';
    const write = 'kubectl -n kube-system get daemonset -o wide | grep -E "logtail-ds|loongcollector-ds"';
    if (newestSeconds === undefined) return warn(`no line within ${inMinutes(reachSeconds)}`, remedy, write);
    const ageSeconds = Math.max(0, Math.floor(around.clock.now() / 1000) - newestSeconds);
    if (ageSeconds > silenceSeconds) return warn(`no line for ${inMinutes(ageSeconds)}`, remedy, write);
    return ok(`${lines} lines within ${inMinutes(reachSeconds)}, the last ${ageSeconds} s ago`);
  },
};

const inMinutes = (seconds: number) =>
  seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} minutes`;

/** What ACK's own configuration of nginx-ingress writes, and its logstore's index knows. */
const ackLogFormat = [
  'log-format-upstream: >-',
  '  $remote_addr - [$remote_addr] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"',
  '  "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length',
  '  $upstream_response_time $upstream_status $req_id $host [$proxy_alternative_upstream_name]',
].join('\n');

/** A share of lines without a route that a few redirects and health checks may make up. */
const tolerableShare = 0.5;

export const logFormat: DoctorCheck = {
  id: 'log-format',
  what: 'Whether lines say which route they are of (`proxy_upstream_name`)',
  after: ['fields', 'freshness'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const log = ingressLogOf(examination.facts.get('target').request);
    if (log === undefined) return skipped('the metric is of a log of its own');
    const { logKind, columns } = log;
    const { primary } = columns.route;
    const query = `* | SELECT count(*) AS lines, count_if(${primary} <> '' AND ${primary} <> '-') AS named FROM log LIMIT 1`;
    const { rows } = await survey(examination, { query }, signal);
    const [lines, named] = [countIn(rows[0], 'lines'), countIn(rows[0], 'named')];
    if (lines === 0) return skipped('there is no line to look at');
    const found = `${named} of ${lines} lines have ${primary}`;
    if (named > lines * (1 - tolerableShare)) return ok(found);
    if (logKind === 'alb-ingress')
      return failed(
        found,
        `Let ALB write the log of this listener with ${primary} (ALB console: access log, all fields).`,
      );
    const remedy =
      'Have nginx-ingress write the format of ACK (ConfigMap kube-system/nginx-configuration), and the collector take it apart into these fields (AliyunLogConfig k8s-nginx-ingress):';
    return named === 0 ? failed(found, remedy, ackLogFormat) : warn(found, remedy, ackLogFormat);
  },
};

/** More routes than any cluster has ingresses. */
const maxRoutes = 100_000;
const namesShown = 3;

export const route: DoctorCheck = {
  id: 'route',
  what: 'Whether requests to the routes were seen within the hour; else the nearest names that were',
  after: ['log-format'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { routes } = examination.facts.get('target');
    const seen = await seenRoutes(examination, signal);
    if (seen.size === 0) return skipped('no route was seen within the hour');
    if (routes.length === 0) return ok(`the whole logstore: ${seen.size} routes within the hour`);
    const unseen = routes.filter((name) => !seen.has(name));
    if (unseen.length === 0)
      return ok(routes.map((name) => `${name}: ${seen.get(name) ?? 0} requests within the hour`).join(', '));
    const names = [...seen.keys()];
    const guesses = unseen.map((name) => ({ name, near: nearest(name, names, namesShown) }));
    const told = guesses.map(({ name, near }) =>
      near.length === 0 ? name : `${name} (nearest: ${near.join(', ')})`,
    );
    const guess = guesses.find(({ near }) => near.length > 0)?.near[0];
    return warn(
      `not seen within the hour: ${told.join('; ')}`,
      'Correct the route, {namespace}-{service}-{port} as nginx-ingress logs it; where nobody has asked for it yet, all is well, and it reads 0.',
      `${labelDefinitions.route.name}=${guess ?? names.sort()[0] ?? ''}`,
    );
  },
};

/** Requests by route: that of the canary where it served, as readings have it. */
async function seenRoutes(
  examination: Examination,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const log = ingressLogOf(examination.facts.get('target').request);
  // It waits for log-format, which there is of ingresses alone.
  if (log === undefined) return new Map();
  const { logKind, columns } = log;
  const toSeconds = Math.floor(examination.around.clock.now() / 1000) + 1;
  const window = { startSeconds: toSeconds - usualReach[0], endSeconds: toSeconds };
  const statement = { logKind, filters: {}, window, routes: [], everyRoute: true, maxRows: maxRoutes };
  const ask = (hasAlternative: boolean) => {
    const query = queryText({ ...statement, aggregates: { requests: 'count(*)' }, hasAlternative });
    return survey(examination, { query }, signal);
  };
  const { rows } = await ask(true).catch((thrown: unknown) => {
    const error = toAdapterError(thrown);
    const { alternative } = columns.route;
    if (alternative === undefined || unindexedField(error) !== alternative) throw error;
    return ask(false);
  });
  const counts = rows.map((row) => [row[routeAlias] ?? '', countIn(row, 'requests')] as const);
  return new Map(counts.filter(([name]) => name !== '' && name !== '-'));
}
