import { placeholderForm, placeholdersOf } from '../../metric/log-kind.ts';

/** A token, or a group: everything between an opening token and the token that closes it. */
export interface SqlNode {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'placeholder' | 'symbol' | 'group';
  /** The text; a word is in upper case. Of a group what opens it: `(`, `[` or `CASE`. */
  readonly key: string;
  readonly text: string;
  /** Position of its first character, from 1. */
  readonly at: number;
  /** What is in a group; empty for a token. */
  readonly nodes: readonly SqlNode[];
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', CASE: 'END' };

/** Keeps the call stack small. Deeper brackets are a mistake. */
const deepest = 50;

/** Presto's SQL, as SLS reads it: `''` is the only escape in a string; a backslash is an ordinary character. */
const tokenForm = new RegExp(
  [
    String.raw`(?<space>[ \t\r\n]+)`,
    String.raw`(?<comment>--|/\*)`,
    String.raw`(?<string>'(?:[^']|'')*')`,
    String.raw`(?<name>"(?:[^"]|"")+")`,
    String.raw`(?<placeholder>${placeholderForm})`,
    String.raw`(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w))`,
    String.raw`(?<word>[A-Za-z_]\w*)`,
    String.raw`(?<symbol><>|!=|<=|>=|\|\||->|[()[\],.+\-*/%<>=])`,
    String.raw`(?<other>.)`,
  ].join('|'),
  // One token begins where the last one ended.
  'gsuy',
);

/**
 * Splits SQL into tokens and nests what is in brackets, so that each statement and each expression ends where its text
 * ends.
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export const readSql = (sql: string): SqlNode[] => nest(tokensOf(sql).values());

function nest(tokens: Iterable<SqlNode>, opening?: SqlNode, depth = 0): SqlNode[] {
  if (depth > deepest) throw new SyntaxError(`must not nest brackets more than ${deepest} deep`);
  const closer = opening && closers[opening.key];
  const nodes: SqlNode[] = [];
  for (const token of tokens) {
    const { key, text, at } = token;
    if (Object.hasOwn(closers, key))
      nodes.push({ ...token, kind: 'group', nodes: nest(tokens, token, depth + 1) });
    // An operator, as in `a IS DISTINCT FROM b`, and no clause.
    else if (key === 'FROM' && nodes.at(-1)?.key === 'DISTINCT')
      nodes.push({ ...token, kind: 'symbol', key: 'DISTINCT FROM' });
    else if (key !== ')' && key !== ']' && key !== 'END') nodes.push(token);
    else if (key === closer) return nodes;
    else if (opening === undefined)
      throw new SyntaxError(`must not have ${text} at character ${at}: nothing opens it`);
    else break;
  }
  if (opening === undefined) return nodes;
  throw new SyntaxError(`must have ${closer} for the ${opening.text} at character ${opening.at}`);
}

function tokensOf(sql: string): SqlNode[] {
  return Array.from(sql.matchAll(tokenForm)).flatMap(({ 0: text, index, groups = {} }) => {
    const at = index + 1;
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined);
    if (kind === 'space') return [];
    if (kind === 'comment') throw new SyntaxError(`must not have a comment, ${text}`);
    if (kind === 'other') throw refusedCharacter(text, at);
    if (kind === 'string' || kind === 'name') refuseInQuotes(text);
    if (kind === 'placeholder') refuseTouching(sql, text, index);
    const key = kind === 'word' ? text.toUpperCase() : text;
    return [{ kind: kind as SqlNode['kind'], key, text, at, nodes: [] }];
  });
}

/** Splits at commas or keywords; `after` is the one before each part, empty for the first part. */
export function splitAt(nodes: readonly SqlNode[], separators: readonly string[]) {
  const parts: { readonly after: string; readonly nodes: SqlNode[] }[] = [{ after: '', nodes: [] }];
  for (const node of nodes) {
    if (node.kind !== 'group' && separators.includes(node.key)) parts.push({ after: node.key, nodes: [] });
    else parts.at(-1)?.nodes.push(node);
  }
  return parts;
}

function refusedCharacter(character: string, at: number): SyntaxError {
  if (character === ';')
    return new SyntaxError('must not have a ; outside quotes: only one statement is sent');
  if (/['"]/.test(character)) return new SyntaxError(`must close the quote ${character} at character ${at}`);
  return new SyntaxError(`must not have ${visible(character)} at character ${at}`);
}

/** A value must not grow together with the text beside it: `1{n}` would be another number. */
function refuseTouching(sql: string, placeholder: string, index: number): void {
  if (/[\w'"}.]$/.test(sql.slice(0, index)) || /^[\w'"{.]/.test(sql.slice(index + placeholder.length)))
    throw new SyntaxError(`must have spaces around ${placeholder}: it becomes a value of its own`);
}

/** Shows anything outside printable ASCII by its number: it may look like a space or a letter of SQL. */
export const visible = (character: string): string =>
  /[!-~]/.test(character)
    ? character
    : `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** @throws SyntaxError for a placeholder in quoted text: its own quotes would end that text */
export function refuseInQuotes(quoted: string): void {
  const [inside] = placeholdersOf(quoted);
  if (inside !== undefined)
    throw new SyntaxError(`must not have {${inside}} in quotes: a placeholder gets its own`);
}
