import type { DuckDBValue } from '@duckdb/node-api';
import type { LogRecord } from '../log-record.ts';
import { indexedFields, numericFields, reservedText } from './columns.ts';
import { parseDouble, parseLong, type IndexConfig } from './index-config.ts';

/** SLS indexes this much of a value, so neither search nor SQL sees more. https://www.alibabacloud.com/help/en/sls/data-types */
const maxIndexedBytes = 2048;

/** Converts log lines to the columns of a logstore's table, in the order of `tableColumns`. */
export class RowEncoder {
  readonly #fields: readonly string[];
  readonly #numeric: readonly [string, 'long' | 'double'][];
  readonly #known: ReadonlySet<string>;

  constructor(index: IndexConfig) {
    this.#fields = indexedFields(index);
    this.#numeric = numericFields(index);
    this.#known = new Set(this.#fields);
  }

  /**
   * @param firstSequence number of the first line
   * @param visibleMs time from which queries see the lines
   */
  encode(records: readonly LogRecord[], firstSequence: number, visibleMs: number): DuckDBValue[][] {
    const extras = records.map(({ fields }) => this.#extra(fields));
    const searched = (extra: Record<string, string>) =>
      Object.entries(extra).filter(([name]) => !this.#known.has(name));
    const columns: DuckDBValue[][] = [
      records.map(({ timeSeconds }) => BigInt(timeSeconds)),
      records.map(() => BigInt(Math.ceil(visibleMs))),
      records.map((_, position) => BigInt(firstSequence + position)),
      extras.map((extra) => (extra ? JSON.stringify(extra) : null)),
      extras.map((extra) => (extra ? searched(extra).flat().join('\n') : null)),
    ];
    for (const field of this.#fields) {
      const absent = reservedText.some((name) => name === field) ? '' : null;
      columns.push(records.map(({ fields }) => indexed(own(fields, field)) ?? absent));
    }
    for (const [field, type] of this.#numeric) {
      const parse = type === 'long' ? parseLong : parseDouble;
      columns.push(
        records.map(({ fields }) => {
          const text = own(fields, field);
          return text === null ? null : parse(text);
        }),
      );
    }
    return columns;
  }

  /** Returns the fields outside the index, and the whole text of those that are too long for it. */
  #extra(fields: LogRecord['fields']): Readonly<Record<string, string>> | undefined {
    let extra: Record<string, string> | undefined;
    for (const name in fields) {
      if (this.#known.has(name) && !isLong(fields[name] ?? '')) continue;
      extra ??= {};
      extra[name] = fields[name] ?? '';
    }
    return extra;
  }
}

const own = (fields: LogRecord['fields'], name: string): string | null =>
  Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;

const isLong = (text: string) =>
  text.length * 3 > maxIndexedBytes && Buffer.byteLength(text) > maxIndexedBytes;

/** Returns the part of a value that is indexed, without a character that is cut in two. */
function indexed(text: string | null): string | null {
  if (text === null || !isLong(text)) return text;
  return Buffer.from(text)
    .subarray(0, maxIndexedBytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}
