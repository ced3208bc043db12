import { failed, ok, skipped, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';
import { ingressLogOf } from './ingress-log.ts';
import { countIn, survey } from './survey.ts';

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
    if (newestSeconds === undefined)
      return Promise.resolve(warn(`no line within ${inMinutes(reachSeconds)}`, remedy, write));
    const ageSeconds = Math.max(0, Math.floor(around.clock.now() / 1000) - newestSeconds);
    if (ageSeconds > silenceSeconds)
      return Promise.resolve(warn(`no line for ${inMinutes(ageSeconds)}`, remedy, write));
    return Promise.resolve(
      ok(`${lines} lines within ${inMinutes(reachSeconds)}, the last ${ageSeconds} s ago`),
    );
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
