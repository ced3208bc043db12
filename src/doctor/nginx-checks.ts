import { labelDefinitions } from '../metric/labels.ts';
import { defaultBackendText, surveyDefaultBackends } from '../sls/default-backend.ts';
import { logSql, routeAlias, routeExpression, timeCondition } from '../sls/query-text.ts';
import { unindexedField } from '../sls/sls-error.ts';
import { ok, skipped, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';
import { countIn, defaultReach, ingressLogOf, queryLogstore } from './logstore-query.ts';

/** Their lines name no route, so readings of the route that failed are too low. */
export const defaultBackend: DoctorCheck = {
  id: 'default-backend',
  description: 'No default backend of ingress-nginx answered requests that a service had failed',
  needs: ['log-format'],
  deadlineMs: 30_000,
  run: async ({ dependencies, facts }, signal) => {
    const { request, address } = facts.get('target');
    if (ingressLogOf(request)?.kind !== 'nginx-ingress') return skipped('only nginx-ingress has one');
    const endSeconds = Math.floor(dependencies.clock.now() / 1000) + 1;
    const window = { startSeconds: endSeconds - defaultReach[0], endSeconds };
    const uses = await surveyDefaultBackends(address, window, facts.get('sls').gates, signal);
    if (uses.length === 0) return ok('none within the last hour');
    const host = uses.find((use) => use.host !== '')?.host ?? 'HOST';
    return warn(
      uses.map((use) => `within the last hour, ${defaultBackendText(use)}`).join('\n'),
      'Such lines name the default backend (custom-http-errors, or the annotation default-backend while no pod is ready), so they count for no route: the more a service fails, the fewer requests and errors its route has, and its HPA scales in. Scale it by its host instead of its route:',
      `${labelDefinitions.host.name}: ${host}`,
    );
  },
};

const windowSeconds = 60;
const maxShown = 10;

/** Source: kubernetes/ingress-nginx#9049. The request IDs of the lines that the collector misreads are left out. */
export const doubledLines: DoctorCheck = {
  id: 'doubled-lines',
  description: 'Each request has one line: ingress-nginx before 1.4.0 logs requests with auth-url twice',
  needs: ['log-format'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { request } = examination.facts.get('target');
    const logKind = ingressLogOf(request);
    if (logKind?.kind !== 'nginx-ingress') return skipped('only nginx-ingress has such lines');
    const probe = examination.facts.get('probe');
    const newestSeconds = (probe.error ? undefined : probe.newestSeconds) ?? 0;
    const window = { startSeconds: newestSeconds - windowSeconds, endSeconds: newestSeconds + 1 };
    const route = routeExpression({ logKind, hasAlternative: false });
    const byRequest = [
      `SELECT ${route} AS ${routeAlias}, count(*) AS lines,`,
      `count_if(${logSql('try_cast({requestBytes} AS double)', logKind)} = 0) AS empty_lines FROM log`,
      `WHERE ${timeCondition(window)} AND regexp_like(req_id, '^[0-9a-f]{32}$') GROUP BY ${routeAlias}, req_id`,
    ].join(' ');
    const text = [
      `* | SELECT ${routeAlias}, count(*) AS requests FROM (${byRequest})`,
      `WHERE empty_lines > 0 AND lines > empty_lines GROUP BY ${routeAlias}`,
      `ORDER BY requests DESC LIMIT ${maxShown}`,
    ].join(' ');
    try {
      const { rows } = await queryLogstore(examination, text, signal);
      if (rows.length === 0) return ok(`none within ${windowSeconds} s`);
      const counts = rows.map((row) => `${row[routeAlias] ?? ''}: ${countIn(row, 'requests')} requests`);
      return warn(
        `requests with a second line, of request_length 0, within ${windowSeconds} s: ${counts.join(', ')}`,
        'ingress-nginx before 1.4.0 logs a request with auth-url twice, with one req_id: the second line is the subrequest to the authentication service. Upgrade the controller to 1.4.0 or later. Until then requests count twice and latencies are too low.',
      );
    } catch (error) {
      const field = unindexedField(error);
      if (field === undefined) throw error;
      return skipped(`${field} is not indexed, so that lines of one request cannot be told`);
    }
  },
};
