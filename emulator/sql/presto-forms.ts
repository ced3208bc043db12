/** Literals, quoted names, words, numbers, brackets and other signs; space is between them. */
const tokenForm =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_]\w*(?:\.\w+)*|[\d.]+\w*|\S/g;

interface Token {
  readonly text: string;
  /** In upper case, if it is a word. */
  readonly word: string | undefined;
  readonly start: number;
  readonly end: number;
}

/** Words that are no alias, and after which no alias stands. */
const reserved = new Set(
  (
    'ALL AND ANY AS ASC BETWEEN BY CASE CAST CROSS DESC DISTINCT ELSE ESCAPE EXCEPT EXISTS FALSE FIRST FROM FULL GROUP ' +
    'HAVING IN INNER INTERSECT INTERVAL INTO IS JOIN LAST LEFT LIKE LIMIT NATURAL NOT NULL NULLS OFFSET ON OR ORDER OUTER ' +
    'OVER PARTITION RANGE RIGHT ROWS SELECT THEN TRUE UNION USING VALUES WHEN WHERE WITH'
  ).split(' '),
);

/**
 * Rewrites two forms of Presto that DuckDB does not read: an alias without AS that is a keyword of DuckDB
 * (`count(*) value`), and rows without parentheses (`VALUES 1, 2`). Everything else stays as it is.
 */
export function readPrestoForms(sql: string): string {
  const tokens = Array.from(sql.matchAll(tokenForm), ({ 0: text, index }): Token => ({
    text,
    word: /^[A-Za-z_]/.test(text) ? text.toUpperCase() : undefined,
    start: index,
    end: index + text.length,
  })).filter(({ text }) => !/^(--|\/\*)/.test(text));
  const inserted = [...aliases(tokens), ...rows(tokens)].sort(([one], [other]) => other - one);
  return inserted.reduce((text, [at, what]) => text.slice(0, at) + what + text.slice(at), sql);
}

type Insertion = readonly [at: number, text: string];

function aliases(tokens: readonly Token[]): Insertion[] {
  return tokens.flatMap((token, index): Insertion[] => {
    const [before, next] = [tokens[index - 1], tokens[index + 1]];
    if (token.word === undefined || reserved.has(token.word) || token.word === 'END') return [];
    const endsOperand =
      before?.word === undefined ? /^([)\]"]|\d)/.test(before?.text ?? '') : !reserved.has(before.word);
    const endsItem = next === undefined || /^[,)]$/.test(next.text) || next.word === 'FROM';
    return endsOperand && endsItem ? [[token.start, 'AS ']] : [];
  });
}

/** Returns parentheses around each row that has none. */
function rows(tokens: readonly Token[]): Insertion[] {
  return tokens.flatMap(({ word }, index): Insertion[] => {
    if (word !== 'VALUES') return [];
    const found: Insertion[] = [];
    let depth = 0;
    let first: Token | undefined;
    let last: Token | undefined;
    for (const token of [...tokens.slice(index + 1), undefined]) {
      const isEnd =
        depth === 0 && (token === undefined || token.text === ')' || reserved.has(token.word ?? ''));
      if (isEnd || (depth === 0 && token?.text === ',')) {
        if (first !== undefined && last !== undefined && first.text !== '(')
          found.push([first.start, '('], [last.end, ')']);
        first = undefined;
        if (isEnd) return found;
        continue;
      }
      if (token?.text === '(') depth += 1;
      if (token?.text === ')') depth -= 1;
      first ??= token;
      last = token;
    }
    return found;
  });
}
