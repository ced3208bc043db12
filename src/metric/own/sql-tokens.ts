export interface SqlToken {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'placeholder' | 'symbol' | 'end';
  /** As written. */
  readonly text: string;
  /** Words in upper case; other tokens as written. */
  readonly key: string;
  /** Of its first character, from 1. */
  readonly at: number;
}

/** In this order: the first that matches at a place is what stands there. */
const forms: readonly (readonly [SqlToken['kind'] | 'space' | keyof typeof refusals, RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['comment', /--|\/\*/y],
  ['string', /'(?:[^']|'')*'/y],
  ['name', /"(?:[^"]|"")+"/y],
  ['quote', /['"]/y],
  ['placeholder', /\{[A-Za-z][-\w.]*\}/y],
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w)/y],
  ['word', /[A-Za-z_]\w*/y],
  ['semicolon', /;/y],
  ['symbol', /<>|!=|<=|>=|\|\||->|[()[\],.+\-*/%<>=]/y],
];

const refusals = {
  comment: (text: string) => `must not have a comment, ${text}`,
  quote: (text: string, at: number) => `must close the quote ${text} at character ${at}`,
  semicolon: () => 'must not have a ; outside quotes: one statement is sent, no more',
};

export const endToken: SqlToken = { kind: 'end', text: '', key: '', at: 0 };

/**
 * SQL as SLS reads it, which is Presto's: in a string `''` is the one escape.
 *
 * @throws SyntaxError words that follow the text's name: `must …`
 */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let from = 0;
  while (from < sql.length) {
    const [kind, text] = formAt(sql, from);
    const at = from + 1;
    from += text.length;
    if (kind === 'space') continue;
    if (kind === 'comment' || kind === 'quote' || kind === 'semicolon')
      throw new SyntaxError(refusals[kind](text, at));
    if (kind === 'string' || kind === 'name') refuseInQuotes(text);
    tokens.push({ kind, text, key: kind === 'word' ? text.toUpperCase() : text, at });
  }
  return tokens;
}

function formAt(sql: string, from: number): [(typeof forms)[number][0], string] {
  for (const [kind, form] of forms) {
    form.lastIndex = from;
    const text = form.exec(sql)?.[0];
    if (text !== undefined) return [kind, text];
  }
  const [character = ''] = sql.slice(from);
  throw new SyntaxError(`must not have ${visible(character)} at character ${from + 1}`);
}

/** A character that shows as nothing, or as a space that is none, by its number. */
export function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return /[\p{C}\p{Z}]/u.test(character)
    ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    : character;
}

/** @throws SyntaxError for a placeholder in quoted text, where its own quotes would end them */
export function refuseInQuotes(quoted: string): void {
  const [inside] = /\{[A-Za-z][-\w.]*\}/.exec(quoted) ?? [];
  if (inside !== undefined)
    throw new SyntaxError(`must not have ${inside} in quotes: a placeholder gets its own`);
}
