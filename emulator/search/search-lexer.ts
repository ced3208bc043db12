import { parameterInvalid } from '../service-error.ts';

export interface SearchToken {
  readonly kind: 'word' | 'quoted' | 'phrase' | 'symbol' | 'end';
  readonly text: string;
  /** Offset in the search text, from 0. */
  readonly at: number;
}

const blank = /\s/;
const symbolStart = new Set(['(', ')', '[', ']', ':', '=', '<', '>', ',']);

/** Returns the tokens of a search statement; the last is `end`. Throws ParameterInvalid for an unclosed quote. */
export function tokenizeSearch(text: string): SearchToken[] {
  const tokens: SearchToken[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (blank.test(char)) {
      at += 1;
      continue;
    }
    const { token, next } = readToken(text, at, char);
    tokens.push(token);
    at = next;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

function readToken(text: string, at: number, char: string): { token: SearchToken; next: number } {
  if (char === '"') return readQuoted(text, at, at + 1, 'quoted');
  if (char === '#' && text.charAt(at + 1) === '"') return readQuoted(text, at, at + 2, 'phrase');
  if ((char === '<' || char === '>') && text.charAt(at + 1) === '=')
    return { token: { kind: 'symbol', text: `${char}=`, at }, next: at + 2 };
  if (symbolStart.has(char)) return { token: { kind: 'symbol', text: char, at }, next: at + 1 };
  let end = at;
  while (end < text.length && !endsWord(text.charAt(end))) end += 1;
  return { token: { kind: 'word', text: text.slice(at, end), at }, next: end };
}

function endsWord(char: string): boolean {
  return blank.test(char) || char === '"' || symbolStart.has(char);
}

function readQuoted(text: string, at: number, start: number, kind: 'quoted' | 'phrase') {
  let value = '';
  for (let here = start; here < text.length; here += 1) {
    const char = text.charAt(here);
    if (char === '"') return { token: { kind, text: value, at }, next: here + 1 };
    const escaped = char === '\\' && /["\\]/.test(text.charAt(here + 1));
    if (escaped) here += 1;
    value += text.charAt(here);
  }
  throw parameterInvalid(`unclosed string quote, position ${at}`);
}

/**
 * Splits a query at the first `|` outside double quotes into search statement and SQL. Without a `|`, `sql` is
 * undefined.
 */
export function splitQuery(query: string): { search: string; sql: string | undefined } {
  let quoted = false;
  for (let at = 0; at < query.length; at += 1) {
    const char = query.charAt(at);
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === '|' && !quoted)
      return { search: query.slice(0, at).trim(), sql: query.slice(at + 1).trim() };
  }
  return { search: query.trim(), sql: undefined };
}
