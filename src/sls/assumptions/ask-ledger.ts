import { errorRegistry, toAdapterError, type AdapterError } from '../../errors.ts';
import { logQuery, type LogQuery, type LogSource } from '../client.ts';
import type { LogstoreAddress } from '../endpoint.ts';
import { lastMinute, type Answer, type AskedPlace, type Assumption } from './assumption.ts';
import { valueAlias, valuesText, withType } from './entry.ts';

export interface LedgerPlace extends LogstoreAddress, AskedPlace {
  readonly logs: LogSource;
  /** Signs with another secret than that of the key. */
  readonly wrongSecret?: LogSource;
}

/** How SLS stands to one entry. `unanswered`: SLS was busy, out of reach or incomplete, which shows nothing. */
export interface EntryResult extends Pick<
  Assumption,
  'id' | 'asked' | 'statement' | 'expected' | 'consequence'
> {
  readonly result: 'as assumed' | 'differs' | 'unanswered' | 'not asked';
  /** What SLS answered; absent if it was not asked. */
  readonly found?: string;
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
  const ledgerQueries = new LedgerQueries(place, signal);
  const shared = await ledgerQueries.askTables(entries);
  const results: EntryResult[] = [];
  for (const entry of entries) {
    const answer = shared.get(entry) ?? (await ledgerQueries.ask(entry));
    const isUnanswered = answer.error !== undefined && showsNothing(answer.error);
    const result = entry.holds(answer, place) ? 'as assumed' : isUnanswered ? 'unanswered' : 'differs';
    results.push({ ...notAsked(entry), result, found: foundText(entry, answer) });
  }
  return { results, queries: ledgerQueries.queries };
}

/** Lists an entry without asking. */
export const notAsked = ({ id, asked, statement, expected, consequence }: Assumption): EntryResult => ({
  ...{ id, result: 'not asked', asked, statement, expected, consequence },
});

const showsNothing = ({ code }: AdapterError) => errorRegistry[code].retryable || code === 'DeadlineExceeded';

const longestFound = 300;

function foundText({ column }: Assumption, { result, error }: Answer): string {
  if (error !== undefined) return `${error.code}: ${error.what}`;
  const rows = result.rows.slice(0, 5).map((row) =>
    Object.entries(row)
      .filter(([name]) => !name.startsWith('__'))
      .map(([name, value]) => (name === valueAlias ? value : `${name} ${value}`))
      .join(', '),
  );
  const more = result.rows.length > rows.length ? ` … ${result.rows.length} rows` : '';
  const text = `${rows.join('; ')}${more}`.slice(0, longestFound) || 'no row';
  return withType(text, column?.type && result.columnTypes.get(valueAlias));
}

class LedgerQueries {
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
    const columns = entries.flatMap((entry) => (entry.column ? [{ ...entry.column, entry }] : []));
    for (const [table, ofTable] of Map.groupBy(columns, (column) => column.table)) {
      const selected = ofTable.map(({ sql }, position) => `${sql} AS ${valueAlias}${position}`);
      const answer = await this.#query({ query: valuesText(table, selected) });
      if (answer.error !== undefined && !showsNothing(answer.error)) continue;
      for (const [position, { entry }] of ofTable.entries())
        found.set(entry, oneColumn(answer, `${valueAlias}${position}`));
    }
    return found;
  }

  ask({ query, wrongSecret }: Assumption): Promise<Answer> {
    const { logs, wrongSecret: other = logs } = this.#place;
    return this.#query(query(this.#place), wrongSecret ? other : logs);
  }

  async #query(wanted: ReturnType<Assumption['query']>, logs: LogSource = this.#place.logs): Promise<Answer> {
    if (this.#unanswered !== undefined) return this.#unanswered;
    const query = { ...logQuery(this.#place, lastMinute(this.#place.nowSeconds), wanted.query), ...wanted };
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
