import { startAdapter } from '../support/adapter.ts';
import type { Dependencies } from '../../src/service/dependencies.ts';
import type { LineToWrite } from './administrator.ts';

/** One reading through the adapter, compared with the value computed by hand. */
export interface ReadingResult {
  readonly reading: string;
  readonly expected: string;
  readonly found: string;
  readonly isRight: boolean;
}

const route = 'live-web-80';
const canary = 'live-canary-80';
const intervalSeconds = 600;

const lineOf = (number: number, fields: Readonly<Record<string, string>>) => ({
  req_id: `reading-${number}`,
  host: 'live.example.com',
  method: 'GET',
  proxy_upstream_name: route,
  proxy_alternative_upstream_name: '',
  request_time: `0.${number}00`,
  request_length: '100',
  body_bytes_sent: '1000',
  upstream_response_time: '0.050, 0.150',
  ...fields,
});

/** Eight requests to a service, two of them failed, and four to its canary. */
const fields = [
  ...[1, 2, 3, 4, 5, 6].map((number) => lineOf(number, { status: '200' })),
  ...[7, 8].map((number) => lineOf(number, { status: '503' })),
  ...[1, 2, 3, 4].map((number) => lineOf(number, { status: '200', proxy_alternative_upstream_name: canary })),
];

/** @param fromSeconds the first line has this second, each other one the next */
export const readingLines = (fromSeconds: number): LineToWrite[] =>
  fields.map((line, position) => ({ timeSeconds: fromSeconds + position, fields: line }));

/** Metric, labels, and the quantities that are right. Rates are over 600 s, rounded up to a thousandth. */
const expectations: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  ['requests', { route }, ['8']],
  ['requests', { route: canary }, ['4']],
  ['requests', { route: 'live-none-80' }, ['0']],
  ['requests', { route, status: '5xx' }, ['2']],
  ['requests', { route, host: 'live.example.com' }, ['8']],
  ['requests', { route, host: 'other.example.com' }, ['0']],
  ['qps', { route }, ['14m']],
  ['error_ratio', { route }, ['250m']],
  ['concurrency', { route }, ['6m']],
  ['inflow', { route }, ['1334m']],
  ['outflow', { route }, ['13334m']],
  ['latency_avg', { route }, ['450']],
  ['latency_p50', { route }, ['400', '500']],
  ['upstream_latency_avg', { route }, ['200']],
];

interface AdapterSettings {
  readonly project: string;
  readonly logstore: string;
  /** Flags of the adapter that lead it to SLS, by option key. */
  readonly flags: Readonly<Record<string, string>>;
  readonly dependencies: Partial<Dependencies>;
}

/** Reads each metric as an HPA does, from an adapter that is started for it in this process. */
export async function readThroughAdapter({
  project,
  logstore,
  flags,
  dependencies,
}: AdapterSettings): Promise<ReadingResult[]> {
  await using adapter = await startAdapter(flags, dependencies);
  const results: ReadingResult[] = [];
  for (const [suffix, labels, right] of expectations) {
    const named = Object.entries(labels).map(([name, value]) => [`sls.ingress.${name}`, value] as const);
    const { text, body } = await adapter.read(`sls_ingress_${suffix}`, {
      'sls.project': project,
      'sls.logstore': logstore,
      'sls.query.interval': String(intervalSeconds),
      'sls.query.delay': '0',
      ...Object.fromEntries(named),
    });
    const [item] =
      (body as { readonly items?: readonly { readonly value: string }[] } | undefined)?.items ?? [];
    const found = item?.value ?? text;
    results.push({
      reading: `sls_ingress_${suffix} ${Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(',')}`,
      expected: right.join(' or '),
      found,
      isRight: right.includes(found),
    });
  }
  return results;
}
