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
    const index = await indexOf(needed, examination, signal);
    examination.facts.learn({ columnTypes: index.columnTypes });
    const missing = index.missing.map(({ name }) => name);
    if (needed.length === 0) return ok('only the SQL of the metric names its fields: see the check reading');
    if (missing.length === 0) return ok(`indexed: ${needed.map(({ name }) => name).join(', ')}`);
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
      indexKeys(index.missing),
    );
  },
};

export const fieldTypes: DoctorCheck = {
  id: 'field-types',
  description: 'Numeric fields are indexed as numbers',
  needs: ['fields'],
  run: ({ facts }) => {
    const columns = fieldsOf(facts.get('target').request).filter(({ type }) => type !== 'text');
    if (columns.length === 0) return ok('the metric needs no numeric field');
    const columnTypes = facts.get('columnTypes');
    if (columns.some(({ name }) => !columnTypes.has(name)))
      return skipped('the answer of SLS has no types of columns');
    const typeOf = ({ name }: LogColumn) => columnTypes.get(name) ?? '';
    const textual = textualOf(columns, columnTypes);
    if (textual.length === 0)
      return ok(columns.map((column) => `${column.name}: ${typeOf(column)}`).join(', '));
    const names = textual.map((column) => `${column.name} (${typeOf(column)})`);
    return warn(
      `not indexed as a number: ${names.join(', ')}. Readings are correct, but each query parses every line as text`,
      'Change the type in the index of the logstore (SLS console: Query & Analysis Attributes, Field Search; below in the format of the API):',
      indexKeys(textual),
    );
  },
};

/** Types in `meta.columnTypes`. A field of type long is a bigint. */
const numericTypes: ReadonlySet<string> = new Set(['bigint', 'double', 'integer', 'real', 'long']);

/** Returns the numeric columns that the index has as text. */
export const textualOf = (columns: readonly LogColumn[], types: ReadonlyMap<string, string>): LogColumn[] =>
  columns.filter(({ name, type }) => type !== 'text' && !numericTypes.has(types.get(name) ?? 'bigint'));

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

/** Returns the columns without an index, and the types of the others. Any time range shows them, so it reads one minute. */
export async function indexOf(
  columns: readonly LogColumn[],
  examination: Examination,
  signal: AbortSignal,
): Promise<{ readonly missing: readonly LogColumn[]; readonly columnTypes: ReadonlyMap<string, string> }> {
  const missing: LogColumn[] = [];
  for (;;) {
    const rest = columns.filter((column) => !missing.includes(column));
    if (rest.length === 0) return { missing, columnTypes: new Map() };
    const names = rest.map(({ name }) => columnName(name)).join(', ');
    const query = (during: string) => `* | SELECT ${names} FROM log WHERE ${during} LIMIT 1`;
    try {
      const { columnTypes } = await queryLogstore(examination, query, signal, [60]);
      return { missing, columnTypes };
    } catch (thrown) {
      // SLS may write the name in lower case.
      const field = unindexedField(toAdapterError(thrown))?.toLowerCase();
      const found = rest.find(({ name }) => name.toLowerCase() === field);
      if (found === undefined) throw thrown;
      missing.push(found);
    }
  }
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
