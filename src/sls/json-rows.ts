/** Where the parts of a JSON reply `{"meta": …, "data": [row, …]}` are. Nothing is parsed yet. */
export interface RowsLayout {
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
export function layoutOf(text: Buffer): RowsLayout {
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
