import { type AdapterError, toAdapterError } from '../errors.ts';
import { filterEntries } from '../metric/line-filters.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import { unindexedField } from '../sls/sls-error.ts';
import { failed, ok, warn } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { ingressLogOf, survey } from './survey.ts';

type FieldType = 'text' | 'long' | 'double';

/** Those that hold numbers; an upstream's may be lists, so they are text. */
const numbers: Readonly<Record<string, FieldType>> = {
  status: 'long',
  request_time: 'double',
  request_length: 'long',
  body_bytes_sent: 'long',
};

const typeOf = (field: string): FieldType => numbers[field] ?? 'text';

/** Any line will do: it is the index that is asked about. */
const shortReach = { reachSeconds: [60] };

export const fields: DoctorCheck = {
  id: 'fields',
  what: 'Whether every field that the metric is computed from has an index with statistics',
  after: ['index'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { request } = examination.facts.get('target');
    const wanted = fieldsOf(request);
    const missing: string[] = [];
    for (const field of wanted) {
      const query = `* | SELECT count(${field}) AS lines FROM log LIMIT 1`;
      if (await lacksIndex(examination, query, signal)) missing.push(field);
    }
    if (wanted.length === 0) return ok('the reading tells, for its SQL alone says which');
    if (missing.length === 0) return ok(`indexed: ${wanted.join(', ')}`);
    const log = ingressLogOf(request);
    const isOther = log?.logKind === 'nginx-ingress' && missing.includes(log.columns.route.primary);
    const hint = isOther
      ? ' Where it is the log of an ALB ingress, use the metrics sls_alb_ingress_… instead.'
      : '';
    return failed(
      `not indexed: ${missing.join(', ')}`,
      `Add to the index of the logstore, with statistics (SLS console: Query & Analysis Attributes, Field Search; below, as the API has it). Only lines from then on are in it.${hint}`,
      indexKeys(missing),
    );
  },
};

export const fieldTypes: DoctorCheck = {
  id: 'field-types',
  what: 'Whether fields with numbers are indexed as numbers',
  after: ['fields'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const wanted = fieldsOf(examination.facts.get('target').request).filter((field) => field in numbers);
    if (wanted.length === 0) return ok('the metric is computed from no number');
    const textual: string[] = [];
    for (const field of wanted) {
      const query = `${field} >= 0 | SELECT count(*) AS lines FROM log LIMIT 1`;
      if (await lacksIndex(examination, query, signal)) textual.push(field);
    }
    if (textual.length === 0) return ok(wanted.map((field) => `${field}: a number`).join(', '));
    return warn(
      `indexed as text: ${textual.join(', ')}. Readings are right, but each query reads every line as text`,
      'Change the type in the index of the logstore (SLS console: Query & Analysis Attributes, Field Search; below, as the API has it):',
      indexKeys(textual),
    );
  },
};

/** The columns that the request reads, as far as the adapter knows them; that of canaries is optional. */
function fieldsOf(request: MetricRequest): string[] {
  const { metric, filters } = request;
  const columns = ingressLogOf(request)?.columns;
  if (columns === undefined) return [];
  const filtered = filterEntries(filters).map(([filter]) => (filter === 'method' ? columns.method : filter));
  const number = metric.readable === undefined ? [] : [metric.readable.column];
  return [...new Set([columns.route.primary, ...number, ...filtered])];
}

async function lacksIndex(examination: Examination, query: string, signal: AbortSignal): Promise<boolean> {
  try {
    await survey(examination, { query, ...shortReach }, signal);
    return false;
  } catch (thrown) {
    const error: AdapterError = toAdapterError(thrown);
    if (unindexedField(error) === undefined) throw error;
    return true;
  }
}

/** As `keys` of an index. Source: SLS, "CreateIndex". */
function indexKeys(names: readonly string[]): string {
  const keys = names.map((name) => {
    const type = typeOf(name);
    const more =
      type === 'text'
        ? {
            caseSensitive: false,
            token: [
              ',',
              ' ',
              "'",
              '"',
              ';',
              '=',
              '(',
              ')',
              '[',
              ']',
              '{',
              '}',
              '?',
              '@',
              '&',
              '<',
              '>',
              '/',
              ':',
              '\n',
              '\t',
              '\r',
            ],
          }
        : {};
    return [name, { type, doc_value: true, ...more }] as const;
  });
  return JSON.stringify({ keys: Object.fromEntries(keys) });
}
