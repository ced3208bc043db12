import type { AskedQuery, Answer, Assumption, Expectation, Fact, SampleLine } from './assumption.ts';
import { tables, type TableName } from './tables.ts';

/** A page of SLS's documentation. */
export const docs = (title: string): string => `SLS documentation, "${title}"`;

export const java = 'SLS computes in Java, whose Double.toString prints doubles so';
export const presto = 'Presto, whose SQL SLS speaks';
export const field = 'Reports of users of SLS';

/** Both ends are included. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
}

/** The text that SLS must answer, also with its type in `meta.columnTypes`, or the range of the number. */
type Value = string | NumberRange | { readonly text: string; readonly type: string };

/** Alias of a single value. */
export const valueAlias = 'c';

/** Returns what makes an entry of one value over constants, which any logstore can answer. */
export const valuesOf =
  (table: TableName) =>
  (id: string, sql: string, value: Value, source: string, fact: Fact): Assumption => {
    const { text, type } =
      typeof value === 'string' || 'least' in value ? { text: value, type: undefined } : value;
    const isValue = (found: string) =>
      typeof text === 'string' ? found === text : /^\d/.test(found) && isWithin(Number(found), text);
    return {
      ...{ id, source, ...fact, asked: 'by doctor', column: { table, sql, type } },
      query: () => ({ query: valuesText(table, [`${sql} AS ${valueAlias}`]) }),
      expected: `${sql} is ${withType(typeof text === 'string' ? text : rangeText(text), type)}`,
      holds: ({ result }) => {
        const isOfType = type === undefined || result?.columnTypes.get(valueAlias) === type;
        return result?.rows.length === 1 && isOfType && isValue(result.rows[0]?.[valueAlias] ?? '');
      },
    };
  };

export const valuesText = (table: TableName, columns: readonly string[]): string =>
  `* | SELECT ${columns.join(', ')} FROM ${tables[table]} LIMIT 2`;

export const withType = (value: string, type: string | undefined): string =>
  type === undefined ? value : `${value}, a ${type}`;

export const isWithin = (number: number, { least, most }: NumberRange): boolean =>
  number >= least && number <= most;

export const rangeText = ({ least, most }: NumberRange): string =>
  least === most ? String(least) : `from ${least} to ${most}`;

/** SQL: a condition as a text, since SLS does not say how it prints a boolean. */
export const yesNo = (condition: string): string => `CASE WHEN ${condition} THEN 'yes' ELSE 'no' END`;

/** Returns what makes an entry with a query of its own. */
export const queryOf =
  (asked: Assumption['asked']) =>
  (
    id: string,
    query: string | AskedQuery,
    expectation: Expectation,
    source: string,
    fact: Fact,
  ): Assumption => ({
    ...{ id, source, ...fact, asked, ...expectation },
    query: typeof query === 'string' ? () => ({ query }) : query,
  });

interface LinesQuery {
  /** Default: all lines of the entry. */
  readonly search?: string;
  /** Default: `count(*) AS c`. */
  readonly columns?: string;
  /** What follows the WHERE, from the second of the first line. */
  readonly rest?: (fromSeconds: number) => string;
  /** Only the lines of so many seconds. */
  readonly seconds?: number;
}

/** Makes an entry over lines of its own; it reads no others. */
export const ofLines = (
  id: string,
  { search = '*', columns = 'count(*) AS c', rest = () => '', seconds = 120 }: LinesQuery,
  expectation: Expectation,
  lines: readonly SampleLine[],
  source: string,
  fact: Fact,
): Assumption => {
  const query: AskedQuery = ({ linesFromSeconds: from }) => ({
    query: `${search} | SELECT ${columns} FROM log WHERE req_id = '${id}' ${rest(from)}`.trimEnd(),
    ...{ fromSeconds: from, toSeconds: from + seconds },
  });
  return { ...queryOf('by test:sls')(id, query, expectation, source, fact), lines };
};

/** A line of that second. */
export const at = (second: number): SampleLine => ({ second, fields: { host: 'a.example.com' } });

export type Row = Readonly<Record<string, string>>;

/** Expects these rows, in any order. Only the named columns count. */
export function rows(...wanted: readonly Row[]): Expectation {
  const columns = Object.keys(wanted[0] ?? {});
  const textOf = (row: Row) => columns.map((name) => `${name} ${row[name] ?? 'missing'}`).join(', ');
  const textsOf = (some: readonly Row[]) => some.map(textOf).toSorted().join('; ');
  return result(textsOf(wanted), ({ rows: found }) => textsOf(found) === textsOf(wanted));
}

/** Expects one row with this value. */
export const one = (value: number | string): Expectation => rows({ [valueAlias]: String(value) });

export const rowCount = (count: number): Expectation =>
  result(`${count} rows`, ({ rows: found }) => found.length === count);

/** Expects a refusal: the adapter's code for it, and what SLS says. */
export const refusal = (codes: readonly string[], says?: RegExp): Expectation => ({
  expected: `refused as ${codes.join(' or ')}${says === undefined ? '' : `, with ${says.source}`}`,
  holds: ({ error }) => error !== undefined && codes.includes(error.code) && (says?.test(error.what) ?? true),
});

/** Expects a complete result that satisfies a condition. */
export const result = (
  expected: string,
  isRight: (found: NonNullable<Answer['result']>) => boolean,
): Expectation => ({ expected, holds: ({ result: found }) => found !== undefined && isRight(found) });
