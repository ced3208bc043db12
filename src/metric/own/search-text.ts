import { refuseInQuotes, visible } from './sql-tokens.ts';

/** What stands between spaces, parentheses and signs. */
const part =
  /[ \t\r\n]+|"(?:[^"\\]|\\.)*"|(?<brace>\{[A-Za-z][-\w.]*\})|(?<symbol>[()[\]:=<>])|[^ \t\r\n"()[\]:=<>{}]+|./gsu;

/** In a word: it would escape a quote, or looks like a quote or a space and is none. */
const hidden = /[\\“”„‘’]|(?![ \t\r\n])[\p{C}\p{Z}]/u;

/** Before and after a placeholder: nothing that its value would grow together with. */
const mayPrecede = /^(\s.*|[([:=<>])?$/s;
const mayFollow = /^(\s.*|[)\]])?$/s;

/**
 * Holds a search to be one search: no pipe, by which SQL would begin, and nothing left open.
 *
 * @throws SyntaxError words that follow the text's name: `must …`
 */
export function checkSearch(search: string): void {
  const parts = Array.from(search.matchAll(part), ([text]) => text);
  let open = 0;
  let at = 1;
  for (const [index, text] of parts.entries()) {
    checkPart(text, at);
    if (text === '(') open += 1;
    if (text === ')') open -= 1;
    if (open < 0) throw new SyntaxError(`must open the ) at character ${at}`);
    if (text.startsWith('{')) checkNeighbours(text, parts[index - 1], parts[index + 1]);
    at += text.length;
  }
  if (open > 0) throw new SyntaxError('must close each ( that it opens');
}

function checkPart(text: string, at: number): void {
  if (text === '"' || text.startsWith("'"))
    throw new SyntaxError(
      text === '"'
        ? `must close the quote " at character ${at}`
        : `must not have ' at character ${at}: a phrase is quoted by "`,
    );
  if (text.startsWith('"')) refuseInQuotes(text);
  else if (text.includes('|')) throw new SyntaxError('must not have |: SQL stands in aggregate or sql');
  else if (text.includes(';')) throw new SyntaxError('must not have a ; outside quotes');
  else if (text === '{' || text === '}') throw new SyntaxError(`must not have ${text} at character ${at}`);
  else refuseHidden(text, at);
}

function refuseHidden(text: string, at: number): void {
  const found = hidden.exec(text);
  if (found === null) return;
  throw new SyntaxError(`must not have ${visible(found[0])} at character ${at + found.index} outside quotes`);
}

function checkNeighbours(text: string, before = '', after = ''): void {
  if (mayPrecede.test(before) && mayFollow.test(after)) return;
  throw new SyntaxError(`must have spaces around ${text}: it becomes a phrase of its own`);
}
