import { labelDefinitions } from '../metric/labels.ts';
import type { Window } from '../metric/sample.ts';
import { LineTimeline } from '../reading/silence/line-timeline.ts';
import { historySeconds, silenceAtEnd, type Silence } from '../reading/silence/silence-rule.ts';
import { silenceText } from '../reading/silence/silent-error.ts';
import { columnName } from '../sls/query-text.ts';
import { failed, ok, skipped, warn } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { ackFormatRemedy, ackLogFormat, formText } from './log-form.ts';
import { countIn, ingressLogOf, inReach, queryLogstore } from './logstore-query.ts';
import { seenRoutes, unseenOf } from './seen-routes.ts';

/** A pause this long gets a warning, though at night it may be normal. */
const pauseSeconds = 600;
/** A shorter pause may be lines that arrive late: the check of the lag looks at them. */
const lateSeconds = 60;

export const freshness: DoctorCheck = {
  id: 'freshness',
  description: 'Lines have arrived within the last 10 minutes, and the whole logstore did not stop at once',
  needs: ['index'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { dependencies, facts } = examination;
    const probe = facts.get('probe');
    if (probe.error !== undefined) throw probe.error;
    const { newestSeconds, reachSeconds, lines } = probe;
    const remedy =
      'If clients do send requests, the collector has stopped or writes elsewhere: check its pods and their log. If there is no traffic, all is well and readings are 0.';
    const write = 'kubectl -n kube-system get daemonset -o wide | grep -E "logtail-ds|loongcollector-ds"';
    if (newestSeconds === undefined)
      return warn(`no line within ${durationText(reachSeconds)}`, remedy, write);
    const ageSeconds = Math.max(0, Math.floor(dependencies.clock.now() / 1000) - newestSeconds);
    const silence =
      ageSeconds > lateSeconds ? await silenceSince(newestSeconds, examination, signal) : undefined;
    if (silence !== undefined)
      return failed(
        `${silenceText(facts.get('target').address, silence)} (LogstoreSilent)`,
        'The collector or the ingress controller is down, or the way between them: check their pods and their log. If a load test or all traffic ended, all is well. Readings fail until lines come, or are 0 after reading.silence.holdSeconds.',
        write,
      );
    if (ageSeconds > pauseSeconds) return warn(`no line for ${durationText(ageSeconds)}`, remedy, write);
    return ok(`${lines} lines within ${durationText(reachSeconds)}, the last one ${ageSeconds} s ago`);
  },
};

/** Returns undefined if the lines became less and less, or were always few. */
async function silenceSince(
  newestSeconds: number,
  { dependencies, facts }: Examination,
  signal: AbortSignal,
): Promise<Silence | undefined> {
  const nowSeconds = Math.floor(dependencies.clock.now() / 1000);
  const window = { startSeconds: newestSeconds - historySeconds, endSeconds: nowSeconds };
  const query = { ...facts.get('target').address, window, plannedAtSeconds: nowSeconds };
  const { lines, heartbeats } = await facts.get('sls').countSeconds(query, signal);
  const timeline = LineTimeline.of(window, lines, heartbeats);
  return silenceAtEnd(timeline, {
    ...{ window, newestSeconds, settledSeconds: nowSeconds },
    holdSeconds: Infinity,
  });
}

const durationText = (seconds: number) =>
  seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} minutes`;

/** Lines without a route may make up this share: a few redirects and health checks have none. */
const tolerableShare = 0.5;

export const logFormat: DoctorCheck = {
  id: 'log-format',
  description: 'Lines name their route (`proxy_upstream_name`)',
  needs: ['fields', 'freshness'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const log = ingressLogOf(examination.facts.get('target').request);
    if (log === undefined) return skipped('the log of the metric is not the log of an ingress');
    const { kind, columns } = log;
    const primary = columns.backend.name;
    const query = (during: string) =>
      `* | SELECT count(*) AS lines, count_if(${columnName(primary)} <> '' AND ${columnName(primary)} <> '-') AS named FROM log WHERE ${during} LIMIT 1`;
    const { rows } = await queryLogstore(examination, query, signal);
    const [lines, named] = [countIn(rows[0], 'lines'), countIn(rows[0], 'named')];
    if (lines === 0) return skipped('there is no line to check');
    const counted = `${named} of ${lines} lines have ${primary}`;
    if (named > lines * (1 - tolerableShare)) return ok(counted);
    const others = await queryLogstore(examination, `not ${primary}: *`, signal);
    const form = formText(others.rows);
    const found = form === undefined ? counted : `${counted}. Of the others: ${form}`;
    if (kind === 'alb-ingress')
      return failed(
        found,
        `Have ALB write ${primary} to the log of this listener (ALB console: access log, all fields).`,
      );
    return (named === 0 ? failed : warn)(found, ackFormatRemedy, ackLogFormat);
  },
};

export const route: DoctorCheck = {
  id: 'route',
  description:
    'Requests to the routes were logged within the last hour. If not, the result has the most similar routes',
  needs: ['log-format'],
  deadlineMs: 30_000,
  run: async ({ dependencies, facts }, signal) => {
    const { request, routes } = facts.get('target');
    const send = (window: Window) => seenRoutes(request, facts.get('sls'), window, signal);
    const { result: seen, reachSeconds } = await inReach(send, dependencies, signal);
    const reach = `within the last ${reachSeconds === 3600 ? 'hour' : durationText(reachSeconds)}`;
    if (seen.size === 0) return skipped(`no route was seen ${reach}`);
    if (routes.length === 0) return ok(`the selector names no route; the log has ${seen.size} ${reach}`);
    const valid = new Map([...seen].filter(([name]) => labelDefinitions.route.accepts(name)));
    const unseen = unseenOf(routes, valid).filter(({ name }) => !seen.has(name));
    if (unseen.length === 0)
      return ok(routes.map((name) => `${name}: ${seen.get(name) ?? 0} requests ${reach}`).join(', '));
    const [suggestion = [...valid.keys()].sort()[0] ?? ''] = unseen.flatMap(({ similar }) => similar);
    return warn(
      `not seen ${reach}: ${unseen.map(({ text }) => text).join('; ')}`,
      'Correct the route: nginx-ingress logs it as {namespace}-{service}-{port}. If it has had no request yet, all is well and it reads 0.',
      `${labelDefinitions.route.name}=${suggestion}`,
    );
  },
};
