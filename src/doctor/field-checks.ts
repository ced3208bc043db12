import { toAdapterError } from '../errors.ts';
import { filterEntries } from '../metric/series.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { LogColumn } from '../metric/log-kind.ts';
import { columnName } from '../sls/query-text.ts';
import { unindexedField } from '../sls/sls-error.ts';
import { failed, ok, skipped, warn } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { ackFormatRemedy, ackLogFormat, formText } from './log-form.ts';
import { ingressLogOf, queryLogstore } from './logstore-query.ts';

export const fields: DoctorCheck = {
  id: 'fields',
  description: 'Every field that the metric needs has an index with statistics',
  needs: ['index', 'log-kind'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { request } = examination.facts.get('target');
    const needed = fieldsOf(request);
    const queryOf = (field: string) => (during: string) =>
      `* | SELECT count(${columnName(field)}) AS lines FROM log WHERE ${during} LIMIT 1`;
    const names = needed.map(({ name }) => name);
    const missing = await unindexed(names, queryOf, examination, signal);
    if (needed.length === 0) return ok('only the SQL of the metric names its fields: see the check reading');
    if (missing.length === 0) return ok(`indexed: ${names.join(', ')}`);
    const log = ingressLogOf(request);
    const isOther = log?.kind === 'nginx-ingress' && missing.includes(log.columns.backend.name);
    const form = isOther ? await otherForm(log.columns.backend.name, examination, signal) : undefined;
    if (form !== undefined)
      return failed(
        `not indexed: ${missing.join(', ')}. No line has the route: ${form}`,
        `If another gateway writes this log, its columns may have other names (setting logColumns). ${ackFormatRemedy}`,
        ackLogFormat,
      );
    return failed(
      `not indexed: ${missing.join(', ')}`,
      `Add these fields to the index of the logstore, with statistics (SLS console: Query & Analysis Attributes, Field Search; below in the format of the API). The index covers only lines that arrive afterwards.`,
      indexKeys(needed.filter(({ name }) => missing.includes(name))),
    );
  },
};

export const fieldTypes: DoctorCheck = {
  id: 'field-types',
  description: 'Numeric fields are indexed as numbers',
  needs: ['fields'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const columns = fieldsOf(examination.facts.get('target').request).filter(({ type }) => type !== 'text');
    const numeric = columns.map(({ name }) => name);
    if (numeric.length === 0) return ok('the metric needs no numeric field');
    const query = (during: string) =>
      `* | SELECT ${numeric.map(columnName).join(', ')} FROM log WHERE ${during} LIMIT 1`;
    const { columnTypes } = await queryLogstore(examination, query, signal, [60]);
    const typed = numeric.flatMap((field) => {
      const type = columnTypes.get(field);
      return type === undefined ? [] : [[field, type] as const];
    });
    if (typed.length < numeric.length) return skipped('the answer of SLS has no types of columns');
    const textual = typed.filter(([, type]) => !numericTypes.has(type));
    if (textual.length === 0) return ok(typed.map(([field, type]) => `${field}: ${type}`).join(', '));
    const names = textual.map(([field, type]) => `${field} (${type})`);
    return warn(
      `not indexed as a number: ${names.join(', ')}. Readings are correct, but each query parses every line as text`,
      'Change the type in the index of the logstore (SLS console: Query & Analysis Attributes, Field Search; below in the format of the API):',
      indexKeys(columns.filter(({ name }) => textual.some(([field]) => field === name))),
    );
  },
};

/** Types in `meta.columnTypes`. A field of type long is a bigint. */
export const numericTypes: ReadonlySet<string> = new Set(['bigint', 'double', 'integer', 'real', 'long']);

/** Returns the form of the newest lines if none of them has the field. Without its index, only a search shows the lines. */
async function otherForm(
  field: string,
  examination: Examination,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { rows } = await queryLogstore(examination, '*', signal);
  return rows.some((row) => row[field] !== undefined) ? undefined : formText(rows);
}

/** Returns the columns of an ingress log that the request reads, without the optional one of canaries. */
export function fieldsOf(request: MetricRequest): LogColumn[] {
  const { metric, filters } = request;
  const columns = ingressLogOf(request)?.columns;
  if (columns === undefined) return [];
  const filtered = filterEntries(filters).map(([filter]) => columns[filter]);
  const number = Object.values(columns).filter(({ name }) => name === metric.readable?.column);
  return [...new Set([columns.backend, ...number, ...filtered])];
}

/** Returns the fields whose query fails for want of an index. Queries one minute, since any time range shows that. */
async function unindexed(
  fieldNames: readonly string[],
  queryOf: (field: string) => (during: string) => string,
  examination: Examination,
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  for (const field of fieldNames) {
    try {
      await queryLogstore(examination, queryOf(field), signal, [60]);
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (unindexedField(error) === undefined) throw error;
      found.push(field);
    }
  }
  return found;
}

/** Returns `keys` of an index. Source: SLS, "CreateIndex". */
export function indexKeys(columns: readonly LogColumn[]): string {
  const asText = {
    type: 'text',
    doc_value: true,
    caseSensitive: false,
    token: Array.from(`, '";=()[]{}?@&<>/:\n\t\r`),
  };
  const keys = columns.map(
    ({ name, type }) => [name, type === 'text' ? asText : { type, doc_value: true }] as const,
  );
  return JSON.stringify({ keys: Object.fromEntries(keys) });
}
