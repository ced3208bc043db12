import { errorRegistry, toAdapterError, type AdapterError } from '../../errors.ts';
import { logQuery, type LogQuery, type LogSource } from '../client.ts';
import type { LogstoreAddress } from '../endpoint.ts';
import { lastMinute, type Answer, type AskedPlace, type Assumption, type ColumnAsk } from './assumption.ts';
import { isWithin, rangeText } from './entry.ts';
import { tables, type TableName } from './tables.ts';

export interface LedgerPlace extends LogstoreAddress, AskedPlace {
  readonly logs: LogSource;
  /** Signs with another secret than that of the key. */
  readonly wrongSecret?: LogSource;
}

/** How SLS stands to one entry. `unanswered`: SLS was busy, out of reach or incomplete, which shows nothing. */
export interface EntryResult {
  readonly id: string;
  readonly result: 'as assumed' | 'differs' | 'unanswered' | 'not asked';
  readonly asked: Assumption['asked'];
  readonly statement: string;
  readonly expected: string;
  /** What SLS answered; absent if it was not asked. */
  readonly found?: string;
  readonly consequence: string;
}

/**
 * Asks SLS about each entry, one query after the other. Values over the same constants share a query; if SLS refuses
 * that, each is asked alone, so that one refusal hides no other value. After a query without an answer no other is sent.
 *
 * @returns one result for each entry, in the same order, and how many queries were sent
 * @throws AdapterError `Canceled`
 */
export async function askLedger(
  entries: readonly Assumption[],
  place: LedgerPlace,
  signal: AbortSignal,
): Promise<{ readonly results: readonly EntryResult[]; readonly queries: number }> {
  const asker = new Asker(place, signal);
  const shared = await asker.askTables(entries);
  const results: EntryResult[] = [];
  for (const entry of entries) {
    const answer = shared.get(entry) ?? (await asker.ask(entry));
    const isAssumed = expects(entry, answer, place);
    const isUnanswered = answer.error !== undefined && showsNothing(answer.error);
    results.push({
      ...notAsked(entry),
      result: isAssumed ? 'as assumed' : isUnanswered ? 'unanswered' : 'differs',
      found: foundText(entry, answer),
    });
  }
  return { results, queries: asker.queries };
}

/** Lists an entry without asking. */
export const notAsked = (entry: Assumption): EntryResult => ({
  id: entry.id,
  result: 'not asked',
  asked: entry.asked,
  statement: entry.statement,
  expected: expectedOf(entry),
  consequence: entry.consequence,
});

/** Returns what the entry expects, in words. */
export const expectedOf = ({ ask }: Assumption): string =>
  ask.kind === 'query'
    ? ask.expected
    : `${ask.sql} is ${valueText(typeof ask.value === 'string' ? ask.value : rangeText(ask.value), ask.type)}`;

const valueText = (value: string, type: string | undefined) =>
  type === undefined ? value : `${value}, a ${type}`;

/** Alias of a single value. */
const valueAlias = 'c';

const columnsText = (table: TableName, columns: readonly string[]) =>
  `* | SELECT ${columns.join(', ')} FROM ${tables[table]} LIMIT 2`;

const showsNothing = ({ code }: AdapterError) => errorRegistry[code].retryable || code === 'DeadlineExceeded';

function expects({ ask }: Assumption, answer: Answer, place: AskedPlace): boolean {
  if (ask.kind === 'query') return ask.expects(answer, place);
  const { rows = [], columnTypes } = answer.result ?? {};
  const isOfType = ask.type === undefined || columnTypes?.get(valueAlias) === ask.type;
  return rows.length === 1 && isOfType && matches(ask.value, rows[0]?.[valueAlias] ?? '');
}

const matches = (value: ColumnAsk['value'], text: string) =>
  typeof value === 'string' ? text === value : /^\d/.test(text) && isWithin(Number(text), value);

const longestFound = 300;

function foundText({ ask }: Assumption, { result, error }: Answer): string {
  if (error !== undefined) return `${error.code}: ${error.what}`;
  const rows = result.rows.slice(0, 5).map((row) =>
    Object.entries(row)
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, value]) => (name === valueAlias ? value : `${name} ${value}`))
      .join(', '),
  );
  const more = result.rows.length > rows.length ? ` … ${result.rows.length} rows` : '';
  const text = `${rows.join('; ')}${more}`.slice(0, longestFound) || 'no row';
  return valueText(text, ask.kind === 'column' && ask.type ? result.columnTypes.get(valueAlias) : undefined);
}

class Asker {
  readonly #place: LedgerPlace;
  readonly #signal: AbortSignal;
  /** Equal queries are sent once. */
  readonly #answers = new Map<string, Answer>();
  #unanswered: Answer | undefined;
  queries = 0;

  constructor(place: LedgerPlace, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  /** Asks for all values of a table at once. Entries whose table's query is refused are absent. */
  async askTables(entries: readonly Assumption[]): Promise<ReadonlyMap<Assumption, Answer>> {
    const found = new Map<Assumption, Answer>();
    const columns = entries.flatMap((entry) =>
      entry.ask.kind === 'column' ? [{ ...entry.ask, entry }] : [],
    );
    for (const [table, asks] of Map.groupBy(columns, (ask) => ask.table)) {
      const text = columnsText(
        table,
        asks.map(({ sql }, position) => `${sql} AS ${valueAlias}${position}`),
      );
      const answer = await this.#query(this.#ranged({ query: text }));
      if (answer.error !== undefined && !showsNothing(answer.error)) continue;
      for (const [position, { entry }] of asks.entries())
        found.set(entry, oneColumn(answer, `${valueAlias}${position}`));
    }
    return found;
  }

  ask({ ask, asked }: Assumption): Promise<Answer> {
    if (ask.kind === 'column')
      return this.#query(this.#ranged({ query: columnsText(ask.table, [`${ask.sql} AS ${valueAlias}`]) }));
    const { logs, wrongSecret = logs } = this.#place;
    return this.#query(this.#ranged(ask.query(this.#place), asked), ask.wrongSecret ? wrongSecret : logs);
  }

  #ranged(wanted: Partial<LogQuery> & Pick<LogQuery, 'query'>, asked?: Assumption['asked']): LogQuery {
    const { nowSeconds, linesFromSeconds } = this.#place;
    const window =
      asked === 'by test:sls'
        ? { startSeconds: linesFromSeconds, endSeconds: linesFromSeconds + 120 }
        : lastMinute(nowSeconds);
    return { ...logQuery(this.#place, window, wanted.query), ...wanted };
  }

  async #query(query: LogQuery, logs: LogSource = this.#place.logs): Promise<Answer> {
    if (this.#unanswered !== undefined) return this.#unanswered;
    const key = JSON.stringify([query, logs === this.#place.logs]);
    const answer = this.#answers.get(key) ?? (await this.#send(query, logs));
    this.#answers.set(key, answer);
    return answer;
  }

  async #send(query: LogQuery, logs: LogSource): Promise<Answer> {
    this.queries += 1;
    try {
      return { result: await logs.query(query, this.#signal) };
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (error.code === 'Canceled') throw error;
      if (showsNothing(error)) this.#unanswered = { error };
      return { error };
    }
  }
}

/** Returns the answer with only that column, under the alias of a single value. */
function oneColumn(answer: Answer, alias: string): Answer {
  if (answer.error !== undefined) return answer;
  const rows = answer.result.rows.map((row) => ({ [valueAlias]: row[alias] ?? 'missing' }));
  const columnTypes = new Map([[valueAlias, answer.result.columnTypes.get(alias) ?? 'unknown']]);
  return { result: { ...answer.result, rows, columnTypes } };
}
