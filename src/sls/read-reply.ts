import type { IncomingHttpHeaders } from 'node:http';
import { AdapterError, type ErrorCode } from '../errors.ts';
import { Turns } from '../runtime/turns.ts';
import { mostRows } from './query-text.ts';
import { parseDateHeader } from './transport.ts';
import { unreadable } from './unpack.ts';

/** A row as SLS sends it: every value is text, and NULL is the text `null`. */
export type Row = Readonly<Record<string, string>>;

export interface LogResult {
  readonly rows: readonly Row[];
  /** Column → its type as SLS names it: `bigint`, `double`, `varchar`, … Empty without SQL. */
  readonly columnTypes: ReadonlyMap<string, string>;
  readonly requestId: string | undefined;
  /** Log lines that the query read, as SLS reports it; undefined if it does not, or the query failed. */
  readonly processedRows: number | undefined;
  readonly processedBytes: number | undefined;
  /** Duration of the query, as SLS reports it. */
  readonly serverElapsedMs: number | undefined;
  /** Time of the reply by the clock of SLS, Unix ms of a whole second; undefined if the reply has no `Date`. */
  readonly serverTimeMs: number | undefined;
}

/** Values of all rows together, and names of columns. A row of ours has a few columns, a log line some dozens. */
const mostValues = 1_000_000;
const mostColumns = 1000;

/** All but the rows. It repeats the query, which may name a thousand routes. */
const mostMetaBytes = 1024 * 1024;

/** `meta` of GetLogsV2, as far as it is read. Nothing of it is certain. */
interface Meta {
  readonly progress?: unknown;
  readonly count?: unknown;
  readonly processedRows?: unknown;
  readonly processedBytes?: unknown;
  readonly elapsedMillisecond?: unknown;
  readonly keys?: unknown;
  readonly columnTypes?: unknown;
}

/**
 * Reads the unpacked body of a reply, some rows at a time.
 *
 * @param where project and logstore, for messages
 * @throws AdapterError `SlsIncomplete`, `SlsReplyInvalid`, `SlsResultTooLarge`
 */
export async function readReply(
  text: Buffer,
  headers: IncomingHttpHeaders,
  where: string,
): Promise<LogResult> {
  const requestId = String(headers['x-log-requestid'] ?? '') || undefined;
  const fail = (code: ErrorCode, what: string, cause?: Error) =>
    new AdapterError(code, `SLS, ${where}: ${what}`, { cause, slsRequestId: requestId });
  const { envelope, chunks } = layoutOf(text);
  if ((envelope ?? text).length > mostMetaBytes) throw unreadable(where, 'it has no list of rows');
  const meta = metaIn(parsed((envelope ?? text).toString(), where));
  if (meta?.progress === 'Incomplete') throw fail('SlsIncomplete', 'the result is incomplete');
  if (meta?.progress !== 'Complete' || envelope === undefined)
    throw fail('SlsReplyInvalid', 'the reply has no complete result');
  const rows = new RowReader();
  const turns = new Turns();
  for (const [from, to] of chunks) {
    if (turns.isOver()) await turns.next();
    const fault = rows.add(parsed(`[${text.toString('utf8', from, to)}]`, where), chunks.length === 1);
    if (fault !== undefined) throw fail(...fault);
  }
  if (meta.count !== undefined && meta.count !== rows.rows.length)
    throw fail(
      'SlsReplyInvalid',
      'the reply lacks rows of the result',
      new Error(`it has ${rows.rows.length} of ${JSON.stringify(meta.count)} rows`),
    );
  return {
    rows: rows.rows,
    columnTypes: columnTypesOf(meta),
    requestId,
    processedRows: numberIn(meta.processedRows),
    processedBytes: numberIn(meta.processedBytes),
    serverElapsedMs: numberIn(meta.elapsedMillisecond),
    serverTimeMs: parseDateHeader(headers.date),
  };
}

/** Collects rows, which are maps from text to text, within the bounds. */
class RowReader {
  /** @bound 100,000 rows, {mostValues} values | 32 MiB of text | one large reply at a time | a constant */
  readonly rows: Row[] = [];
  /** @bound {mostColumns} columns | - | - | a constant */
  readonly #columns = new Set<string>();
  #values = 0;

  /** Returns what is wrong with the rows. @param mayBeEmpty whether the list may have no row here */
  add(rows: unknown, mayBeEmpty: boolean): readonly [ErrorCode, string] | undefined {
    const noResult = ['SlsReplyInvalid', 'the reply has no complete result'] as const;
    if (!Array.isArray(rows) || (rows.length === 0 && !mayBeEmpty)) return noResult;
    if (this.rows.length + rows.length > mostRows)
      return ['SlsResultTooLarge', `the result has more than ${mostRows} rows`];
    for (const row of rows as readonly unknown[]) {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) return noResult;
      for (const [column, text] of Object.entries(row)) {
        if (typeof text !== 'string') return noResult;
        this.#values += 1;
        this.#columns.add(column);
      }
      if (this.#columns.size > mostColumns)
        return ['SlsResultTooLarge', `the result has more than ${mostColumns} columns`];
      if (this.#values > mostValues)
        return ['SlsResultTooLarge', `the result has more than ${mostValues} values`];
      this.rows.push(row as Row);
    }
    return undefined;
  }
}

/** The message of a SyntaxError would quote the reply, which may contain anything. */
function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(where, 'it is not JSON');
  }
}

function metaIn(reply: unknown): Meta | undefined {
  const meta = typeof reply === 'object' && reply !== null && 'meta' in reply ? reply.meta : undefined;
  return typeof meta === 'object' && meta !== null ? meta : undefined;
}

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** SLS lists the names of the columns and, in the same order, their types. */
function columnTypesOf({ keys, columnTypes }: Meta): Map<string, string> {
  if (!Array.isArray(keys) || !Array.isArray(columnTypes)) return new Map();
  return new Map(keys.map((key, position) => [String(key), String(columnTypes[position])]));
}

/** Where the parts of a JSON reply `{"meta": …, "data": [row, …]}` are. Nothing is parsed yet. */
interface RowsLayout {
  /** The reply without its rows: the list is replaced by 0. Undefined: it has no list `data`, or more than one. */
  readonly envelope: Buffer | undefined;
  /** Ranges `[from, to)` of the text, each with whole rows and the commas between them. */
  readonly chunks: readonly (readonly [from: number, to: number])[];
}

/** Short enough that the rows of one chunk take little memory, whatever they look like. */
const chunkBytes = 64 * 1024;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openingBracket, closingBracket] = [0x5b, 0x5d];
const isOpening = (byte: number | undefined) => byte === openingBracket || byte === 0x7b;
const isClosing = (byte: number | undefined) => byte === closingBracket || byte === 0x7d;
const isSpace = (byte: number | undefined) =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Finds the rows of a reply by its brackets and quotes. Whether the text is JSON shows when its parts are parsed. */
function layoutOf(text: Buffer): RowsLayout {
  const start = dataStart(text, 0, 0);
  if (start === undefined) return { envelope: undefined, chunks: [] };
  const { chunks, end } = chunksFrom(text, start + 1) ?? { chunks: [], end: undefined };
  if (end === undefined || dataStart(text, end + 1, 1) !== undefined) return { envelope: undefined, chunks };
  const envelope = [text.subarray(0, start), Buffer.from('0'), text.subarray(end + 1)];
  return { envelope: Buffer.concat(envelope), chunks };
}

/** Returns where the list of the key `data` of the outermost object begins. */
function dataStart(text: Buffer, from: number, startDepth: number): number | undefined {
  let depth = startDepth;
  for (let at = from; at < text.length; at += 1) {
    const byte = text[at];
    if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) depth -= 1;
    else if (byte === quote) {
      const end = stringEnd(text, at);
      if (depth === 1 && end - at === 6 && text.toString('latin1', at, end) === '"data"') {
        const after = skipSpaces(text, end);
        const value = skipSpaces(text, after + 1);
        if (text[after] === colon && text[value] === openingBracket) return value;
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Splits a list at commas between its elements. `end` is the position of its closing bracket; undefined: it has none. */
function chunksFrom(text: Buffer, from: number): { chunks: [number, number][]; end: number } | undefined {
  const chunks: [number, number][] = [];
  let depth = 0;
  let start = from;
  for (let at = from; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === quote) at = stringEnd(text, at) - 1;
    else if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) {
      if (depth === 0) {
        chunks.push([start, at]);
        return byte === closingBracket ? { chunks, end: at } : undefined;
      }
      depth -= 1;
    } else if (byte === comma && depth === 0 && at - start >= chunkBytes) {
      chunks.push([start, at]);
      start = at + 1;
    }
  }
  return undefined;
}

/** Returns the position after the string that begins at `at`. */
function stringEnd(text: Buffer, at: number): number {
  for (let next = at + 1; next < text.length; next += 1) {
    const byte = text[next];
    if (byte === backslash) next += 1;
    else if (byte === quote) return next + 1;
  }
  return text.length;
}

function skipSpaces(text: Buffer, from: number): number {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
}
