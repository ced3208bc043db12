import type { Answer, Assumption, ColumnAsk, NumberRange, QueryAsk } from './assumption.ts';

/** What an entry says besides its request. */
export type Fact = Pick<Assumption, 'statement' | 'source' | 'consequence'> &
  Partial<Pick<Assumption, 'confirmed'>>;

/** A page of SLS's documentation. */
export const docs = (title: string): string => `SLS documentation, "${title}"`;

export const java = 'SLS computes in Java, whose Double.toString prints doubles so';
export const presto = 'Presto, whose SQL SLS speaks';
export const field = 'Reports of users of SLS';

/** An entry over constants, which any logstore can answer. */
export const column = (
  table: ColumnAsk['table'],
  id: string,
  sql: string,
  value: ColumnAsk['value'],
  fact: Fact,
  type?: string,
): Assumption => ({
  id,
  ...fact,
  asked: 'by doctor',
  ask: { kind: 'column', table, sql, value, ...(type && { type }) },
});

export const isWithin = (number: number, { least, most }: NumberRange): boolean =>
  number >= least && number <= most;

export const rangeText = ({ least, most }: NumberRange): string =>
  least === most ? String(least) : `from ${least} to ${most}`;

/** SQL: a condition as a text, since SLS does not say how it prints a boolean. */
export const yesNo = (condition: string): string => `CASE WHEN ${condition} THEN 'yes' ELSE 'no' END`;

/** An entry with a query of its own. */
export const query = (
  asked: Assumption['asked'],
  id: string,
  ask: Omit<QueryAsk, 'kind'>,
  fact: Fact,
  lines?: Assumption['lines'],
): Assumption => ({ id, ...fact, asked, ask: { kind: 'query', ...ask }, ...(lines && { lines }) });

/** Expects these rows, in any order. Only the named columns count. */
export function rows(...wanted: readonly Readonly<Record<string, string>>[]): Expectation {
  const columns = Object.keys(wanted[0] ?? {});
  const textOf = (row: Readonly<Record<string, string>>) =>
    columns.map((name) => `${name} ${row[name] ?? 'missing'}`).join(', ');
  const texts = wanted.map(textOf).toSorted();
  return {
    expected: texts.join('; '),
    expects: ({ result: found }) => found?.rows.map(textOf).toSorted().join('; ') === texts.join('; '),
  };
}

const noError = { code: '', what: '' };

/** Expects a refusal: the adapter's code for it, and what SLS says. */
export const refusal = (codes: readonly string[], says?: RegExp): Expectation => ({
  expected: `refused as ${codes.join(' or ')}${says === undefined ? '' : `, with ${says.source}`}`,
  expects: ({ error: { code, what } = noError }) => codes.includes(code) && (says?.test(what) ?? true),
});

/** Expects a complete result that satisfies a condition. */
export const result = (
  expected: string,
  holds: (found: NonNullable<Answer['result']>) => boolean,
): Expectation => ({
  expected,
  expects: (answer) => answer.result !== undefined && holds(answer.result),
});

type Expectation = Pick<QueryAsk, 'expected' | 'expects'>;
