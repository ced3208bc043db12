import type { IncomingHttpHeaders } from 'node:http';
import { AdapterError, type ErrorCode } from '../errors.ts';
import { Turns } from '../runtime/turns.ts';
import { unreadable } from './large-replies.ts';
import { mostRows } from './query-text.ts';
import { parseDateHeader } from './transport.ts';

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
/** Of one row: with more, it is not even parsed. */
const mostColumnsOfText = 10 * mostColumns;

/** All but the rows. It repeats the query, which may name a thousand routes. */
const mostMetaBytes = 1024 * 1024;

/** An object of a reply. Nothing of it is certain. */
type Fields = Readonly<Record<string, unknown>>;

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
  const { envelope, chunks } = layoutOf(text) ?? { envelope: text, chunks: undefined };
  if (envelope.length > mostMetaBytes) throw unreadable(where, 'it has no list of rows');
  const reply = objectIn(parsed(envelope.toString(), where));
  const meta = objectIn(reply['meta']);
  const { progress, count, processedRows, processedBytes, elapsedMillisecond } = meta;
  if (progress === 'Incomplete') throw fail('SlsIncomplete', 'the result is incomplete');
  // Of equal keys JSON takes the last, which may not be the list that was found.
  if (progress !== 'Complete' || chunks === undefined || reply['data'] !== 0)
    throw fail('SlsReplyInvalid', 'the reply has no complete result');
  const { rows, add } = rowCollector();
  const turns = new Turns();
  for (const [from, to] of chunks) {
    if (turns.isOver()) await turns.next();
    const fault = add(parsed(`[${text.toString('utf8', from, to)}]`, where), chunks.length === 1);
    if (fault !== undefined) throw fail(...fault);
  }
  if (count !== undefined && count !== rows.length)
    throw fail(
      'SlsReplyInvalid',
      'the reply lacks rows of the result',
      new Error(`it has ${rows.length} of ${JSON.stringify(count)} rows`),
    );
  return {
    rows,
    columnTypes: columnTypesOf(meta),
    requestId,
    processedRows: numberIn(processedRows),
    processedBytes: numberIn(processedBytes),
    serverElapsedMs: numberIn(elapsedMillisecond),
    serverTimeMs: parseDateHeader(headers.date),
  };
}

/** Collects rows, which are maps from text to text, within the bounds. `add` returns what is wrong with its rows. */
function rowCollector() {
  /** @bound 100,000 rows, {mostValues} values | 32 MiB of text | one large reply at a time | a constant */
  const rows: Row[] = [];
  /** @bound {mostColumns} columns | - | - | a constant */
  const columns = new Set<string>();
  let values = 0;
  const noResult = ['SlsReplyInvalid', 'the reply has no complete result'] as const;
  const tooMany = (most: number, what: string) =>
    ['SlsResultTooLarge', `the result has more than ${most} ${what}`] as const;
  const add = (some: unknown, mayBeEmpty: boolean): readonly [ErrorCode, string] | undefined => {
    if (!Array.isArray(some) || (some.length === 0 && !mayBeEmpty)) return noResult;
    if (rows.length + some.length > mostRows) return tooMany(mostRows, 'rows');
    for (const row of some as readonly unknown[]) {
      if (typeof row !== 'object' || row === null || Array.isArray(row)) return noResult;
      for (const [column, text] of Object.entries(row)) {
        if (typeof text !== 'string') return noResult;
        values += 1;
        columns.add(column);
      }
      if (columns.size > mostColumns) return tooMany(mostColumns, 'columns');
      if (values > mostValues) return tooMany(mostValues, 'values');
      rows.push(row as Row);
    }
    return undefined;
  };
  return { rows, add };
}

/** The message of a SyntaxError would quote the reply, which may contain anything. */
function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(where, 'it is not JSON');
  }
}

const objectIn = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** SLS lists the names of the columns and, in the same order, their types. */
function columnTypesOf({ keys, columnTypes }: Fields): Map<string, string> {
  if (!Array.isArray(keys) || !Array.isArray(columnTypes)) return new Map();
  return new Map(keys.map((key, position) => [String(key), String(columnTypes[position])]));
}

/** Short enough that the rows of one chunk take little memory, whatever they look like. */
const chunkBytes = 64 * 1024;

const [quote, backslash, comma, openingBracket, closingBracket] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d];
const isOpening = (byte: number | undefined) => byte === openingBracket || byte === 0x7b;
const isClosing = (byte: number | undefined) => byte === closingBracket || byte === 0x7d;
/** Between a key and its list. */
const listFollows = /^[ \t\r\n]{0,20}:[ \t\r\n]{0,20}\[/;

/**
 * Finds the rows of a reply `{"meta": …, "data": [row, …]}` by its brackets and quotes. Whether the text is JSON shows when
 * its parts are parsed. Undefined: it has no list `data`.
 *
 * @returns the reply with 0 in place of its list, and ranges `[from, to)` of whole rows and the commas between them
 */
function layoutOf(text: Buffer) {
  const start = dataStart(text);
  const list = start === undefined ? undefined : chunksFrom(text, start + 1);
  if (list === undefined) return undefined;
  const envelope = Buffer.concat([text.subarray(0, start), Buffer.from('0'), text.subarray(list.end + 1)]);
  return { envelope, chunks: list.chunks };
}

/** Returns where the list of the key `data` of the outermost object begins, if not too much comes before it. */
function dataStart(text: Buffer): number | undefined {
  let depth = 0;
  for (let at = 0; at < Math.min(text.length, mostMetaBytes); at += 1) {
    const byte = text[at];
    if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) depth -= 1;
    else if (byte === quote) {
      const end = stringEnd(text, at);
      if (depth === 1 && end - at === 6 && text.toString('latin1', at, end) === '"data"') {
        const [between] = listFollows.exec(text.toString('latin1', end, end + 42)) ?? [];
        if (between !== undefined) return end + between.length - 1;
      }
      at = end - 1;
    }
  }
  return undefined;
}

/**
 * Splits a list of rows at commas between them. `end` is the position of its closing bracket. Undefined: it has none, or an
 * element is no row of texts: `JSON.parse` would take thirty times the memory of a reply that is one deep element.
 */
function chunksFrom(text: Buffer, from: number): { chunks: [number, number][]; end: number } | undefined {
  const chunks: [number, number][] = [];
  let isInRow = false;
  let columns = 0;
  let start = from;
  for (let at = from; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === quote) at = stringEnd(text, at) - 1;
    else if (isOpening(byte)) {
      if (isInRow || byte === openingBracket) return undefined;
      isInRow = true;
      columns = 1;
    } else if (isClosing(byte)) {
      if (!isInRow) {
        chunks.push([start, at]);
        return byte === closingBracket ? { chunks, end: at } : undefined;
      }
      isInRow = false;
    } else if (byte === comma && isInRow) {
      columns += 1;
      if (columns > mostColumnsOfText) return undefined;
    } else if (byte === comma && at - start >= chunkBytes) {
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
