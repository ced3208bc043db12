import { ingressLogs } from '../metric/ingress-logs.ts';
import { canaryColumnOf } from '../metric/log-kind.ts';
import { statusText } from '../metric/measures.ts';
import type { Window } from '../metric/sample.ts';
import { logQuery, type LogSource } from './client.ts';
import type { Row } from './read-reply.ts';
import { decodeCount } from './decode.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { hostExpression, isOneOf, logSql, routeAlias, routeExpression, timeCondition } from './query-text.ts';
import { unindexedField } from './sls-error.ts';

/** Requests to one host that a default backend of ingress-nginx answered for another service, which counts none of them. */
export interface DefaultBackendUse {
  /** Empty if the log has no host, or no index for it. */
  readonly host: string;
  readonly requests: number;
  /** Those with a status from 500 to 599. */
  readonly failed: number;
  /** The routes that most likely lost these requests, those with the most requests first. May be empty. */
  readonly routes: readonly string[];
  /** Whether the requests were first sent to pods of these routes. If not, only the host is the same. */
  readonly isByPod: boolean;
}

const logKind = ingressLogs['nginx-ingress'];
const alternative = canaryColumnOf(logKind) ?? '';

/**
 * The default backend of the controller, and those of `custom-http-errors` and of the annotation `default-backend`.
 * Source: kubernetes/ingress-nginx, nginx.tmpl.
 */
const isDefaultBackend = (route: string) =>
  `regexp_like(${route}, '^(upstream-default-backend|custom-default-backend-.+)$')`;

const failedCondition = `regexp_like(${logSql(statusText, logKind)}, '^5[0-9][0-9]$')`;

/** The collector misreads a line with several upstreams: then the address ends at the first space. */
const firstAddress = "regexp_extract(upstream_addr, '^[^, ]+')";
const several: Readonly<Record<string, string>> = {
  [alternative]: String.raw`regexp_like(${alternative}, ' \[')`,
  upstream_addr: "strpos(upstream_addr, ',') > 0 OR strpos(upstream_addr, ' ') > 0",
};

/** Fields whose index the survey can do without. */
const optionalFields = ['host', 'status', 'upstream_addr', alternative];

const maxGroups = 1000;
const maxHosts = 20;

type Fields = ReadonlySet<string>;

/**
 * Finds requests that a default backend answered after a service failed: those with more than one upstream, or with a
 * 5xx. Requests to unknown hosts have neither.
 *
 * @returns one entry a host, in descending order of requests
 * @throws AdapterError with one of the codes of SLS
 */
export async function surveyDefaultBackends(
  address: LogstoreAddress,
  window: Window,
  logs: LogSource,
  signal: AbortSignal,
): Promise<DefaultBackendUse[]> {
  const fields = new Set(optionalFields);
  for (;;) {
    try {
      const text = answeredText(window, fields);
      const { rows } = await logs.query(logQuery(address, window, text), signal);
      const byHost = [...Map.groupBy(rows, (row) => row['host_name'] ?? '')].slice(0, maxHosts);
      const others = candidatesText(window, fields, byHost);
      const candidates =
        others === undefined ? [] : (await logs.query(logQuery(address, window, others), signal)).rows;
      return byHost.map(([host, ofHost]) => useOf(host, ofHost, candidates));
    } catch (error) {
      if (!fields.delete(unindexedField(error) ?? '')) throw error;
    }
  }
}

const hostOf = (fields: Fields) =>
  fields.has('host') ? hostExpression({ logKind, hasAlternative: fields.has(alternative) }) : "''";

/** A failed request of a canary still counts for the canary. */
const routeOf = (fields: Fields) => routeExpression({ logKind, hasAlternative: fields.has(alternative) });

/** One row for each host and first upstream address. */
function answeredText(window: Window, fields: Fields): string {
  const failed = fields.has('status') ? failedCondition : 'false';
  const isRedirected = optionalFields.flatMap((name) => (fields.has(name) ? (several[name] ?? []) : []));
  const redirected = isRedirected.length === 0 ? 'false' : isRedirected.join(' OR ');
  const first = fields.has('upstream_addr')
    ? `CASE WHEN ${redirected} THEN ${firstAddress} ELSE '' END`
    : "''";
  return [
    `* | SELECT ${hostOf(fields)} AS host_name, ${first} AS first_address, count(*) AS requests,`,
    `count_if(${failed}) AS failed FROM log WHERE ${timeCondition(window)} AND ${isDefaultBackend(routeOf(fields))}`,
    `AND (${failed} OR ${redirected}) GROUP BY host_name, first_address ORDER BY requests DESC LIMIT ${maxGroups}`,
  ].join(' ');
}

/** One row for each route that has these hosts or upstream addresses; undefined if neither is known. */
function candidatesText(
  window: Window,
  fields: Fields,
  byHost: readonly (readonly [string, readonly Row[]])[],
): string | undefined {
  const oneOf = (column: string, texts: readonly (string | undefined)[]) => {
    const known = [...new Set(texts)].filter((text) => text !== undefined).filter((text) => text !== '');
    return known.length === 0 ? [] : [isOneOf(column, known)];
  };
  const addresses = byHost.flatMap(([, rows]) => rows.map((row) => row['first_address']));
  const hosts = byHost.map(([host]) => host);
  const same = [...oneOf('upstream_addr', addresses), ...oneOf(hostOf(fields), hosts)];
  if (same.length === 0) return undefined;
  const route = routeOf(fields);
  const upstream = fields.has('upstream_addr') ? 'upstream_addr' : "''";
  return [
    `* | SELECT ${route} AS ${routeAlias}, ${hostOf(fields)} AS host_name, ${upstream} AS address, count(*) AS requests`,
    `FROM log WHERE ${timeCondition(window)} AND NOT ${isDefaultBackend(route)} AND ${route} NOT IN ('', '-')`,
    `AND (${same.join(' OR ')}) GROUP BY ${routeAlias}, host_name, address ORDER BY requests DESC LIMIT ${maxGroups}`,
  ].join(' ');
}

function useOf(host: string, rows: readonly Row[], candidates: readonly Row[]): DefaultBackendUse {
  const sum = (column: string) => rows.reduce((total, row) => total + decodeCount(row[column], column), 0);
  const pods = new Set(rows.map((row) => row['first_address']).filter((address) => address !== ''));
  const ofHost = candidates.filter((row) => row['host_name'] === host && host !== '');
  const isOfPods = (row: Row) => pods.has(row['address']);
  // The address of a pod may be used again later, for a pod of another service.
  const [byPod = []] = [ofHost, candidates]
    .map((rows) => rows.filter(isOfPods))
    .filter((rows) => rows.length > 0);
  const named = byPod.length > 0 ? byPod : ofHost;
  const routes = [...new Set(named.map((row) => row[routeAlias] ?? ''))];
  return { host, requests: sum('requests'), failed: sum('failed'), routes, isByPod: byPod.length > 0 };
}

/** Returns a sentence such as `m.example.org: 70 requests (70 with a 5xx) were answered by a default backend; …`. */
export function defaultBackendText({ host, requests, failed, routes, isByPod }: DefaultBackendUse): string {
  const where = host === '' ? '' : `${host}: `;
  const names = routes.slice(0, maxRoutesShown).join(', ') + (routes.length > maxRoutesShown ? ', …' : '');
  const whose = isByPod ? `; pods of ${names} had failed them` : `; the host also serves ${names}`;
  return `${where}${requests} requests (${failed} with a 5xx) were answered by a default backend${names === '' ? '' : whose}`;
}

const maxRoutesShown = 3;
