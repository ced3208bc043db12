import type { AskedPlace, Assumption, SampleLine } from './assumption.ts';
import { query, rows, type Fact } from './entry.ts';

interface OwnFact extends Fact {
  /** The rows of the result, from the second of the lines. */
  readonly wanted: (fromSeconds: number) => readonly Readonly<Record<string, string>>[];
}

/** Selects from the entry's own lines. `rest` follows the WHERE. */
export function select(id: string, columns: string, rest: string, searched = '*') {
  return {
    query: () => ({
      query: `${searched} | SELECT ${columns} FROM log WHERE req_id = '${id}' ${rest}`.trimEnd(),
    }),
  };
}

export function own(
  id: string,
  columns: string,
  rest: string,
  lines: readonly SampleLine[],
  { wanted, ...fact }: OwnFact,
): Assumption {
  const expectation = (place: AskedPlace) => rows(...wanted(place.linesFromSeconds));
  return query(
    'by test:sls',
    id,
    {
      ...select(id, columns, rest),
      expected: rows(...wanted(0)).expected,
      expects: (answer, place) => expectation(place).expects(answer, place),
    },
    fact,
    lines,
  );
}

interface CountFact extends Fact {
  /** Seconds after the first line. */
  readonly range?: readonly [number, number];
  readonly where?: (fromSeconds: number) => string;
}

export function counts(
  id: string,
  searched: string,
  count: number,
  lines: readonly SampleLine[],
  { range, where, ...fact }: CountFact,
): Assumption {
  return query(
    'by test:sls',
    id,
    {
      query: ({ linesFromSeconds: from }) => ({
        ...select(id, 'count(*) AS c', where === undefined ? '' : `AND ${where(from)}`, searched).query(),
        ...(range && { fromSeconds: from + range[0], toSeconds: from + range[1] }),
      }),
      ...rows({ c: String(count) }),
    },
    fact,
    lines,
  );
}

/** A line of that second. */
export function at(second: number): SampleLine {
  return { second, fields: { host: 'a.example.com' } };
}

/** A line of a route. */
export function primary(name: string): SampleLine {
  return { fields: { proxy_upstream_name: name } };
}

export function aLine(): SampleLine {
  return { fields: { host: 'a.example.com', status: '200', request_time: '0.1' } };
}
