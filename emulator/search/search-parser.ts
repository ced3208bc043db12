import { parameterInvalid } from '../service-error.ts';
import { type SearchToken, tokenizeSearch } from './search-lexer.ts';

/** The part of a query before the `|`, as a tree. */
export type SearchNode =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly left: SearchNode; readonly right: SearchNode }
  | { readonly kind: 'not'; readonly operand: SearchNode }
  /** `field: value`. Without `field`: a bare `value`, searched in all fields. */
  | { readonly kind: 'match'; readonly field: string | undefined; readonly value: SearchValue }
  | {
      readonly kind: 'compare';
      readonly field: string;
      readonly operator: '=' | '>' | '>=' | '<' | '<=';
      /** As written; not a number: SLS searches the words of the condition. */
      readonly value: string;
    }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly low: string;
      readonly high: string;
      readonly lowOpen: boolean;
      readonly highOpen: boolean;
    };

/** `quoted` text is literal. A bare `word` may contain `*` and `?`. A `phrase` (`#"…"`) matches its words in order. */
export interface SearchValue {
  readonly text: string;
  readonly form: 'word' | 'quoted' | 'phrase';
}

/** The most conditions in one search statement: https://www.alibabacloud.com/help/en/sls/log-search-limits */
const maxConditions = 30;
const maxDepth = 100;
const comparisons = new Set(['=', '>', '>=', '<', '<=']);
/** Words of SLS that are searched only in double quotes. */
const reserved = new Set(['sort', 'asc', 'desc', 'avg', 'sum', 'min', 'max', 'limit']);

/**
 * Parses a search statement: `*`, words, `field: value`, number comparisons and ranges, combined with `and`, `or`,
 * `not` and parentheses. `and` may be left out. It binds more tightly than `not`, and `not` more tightly than `or`.
 * https://www.alibabacloud.com/help/en/sls/search-syntax
 *
 * @throws ServiceError ParameterInvalid with the position of the error
 */
export function parseSearch(text: string): SearchNode {
  if (text.trim() === '') return { kind: 'all' };
  return new SearchParser(tokenizeSearch(text)).parse();
}

class SearchParser {
  readonly #tokens: readonly SearchToken[];
  #next = 0;
  #conditions = 0;
  #depth = 0;

  constructor(tokens: readonly SearchToken[]) {
    this.#tokens = tokens;
  }

  parse(): SearchNode {
    const node = this.#or();
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    if (this.#conditions > maxConditions)
      throw parameterInvalid(`condition number ${this.#conditions} is more than ${maxConditions}`);
    return node;
  }

  #or(): SearchNode {
    let left = this.#and();
    while (this.#takeKeyword('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): SearchNode {
    if (this.#takeKeyword('not')) return this.#nested(() => ({ kind: 'not', operand: this.#and() }));
    let left = this.#operand();
    while (this.#takeKeyword('and') || this.#startsOperand()) {
      if (isWord(this.#peek(), 'not')) return { kind: 'and', left, right: this.#and() };
      left = { kind: 'and', left, right: this.#operand() };
    }
    return left;
  }

  #operand(): SearchNode {
    if (this.#takeSymbol('(')) {
      const node = this.#nested(() => this.#or());
      if (!this.#takeSymbol(')')) throw this.#unexpected();
      return node;
    }
    const token = this.#peek();
    if (!isText(token) || isKeyword(token)) throw this.#unexpected();
    this.#next += 1;
    const after = this.#peek();
    if (after.kind === 'symbol' && (after.text === ':' || comparisons.has(after.text)))
      return this.#fieldCondition(token.text);
    if (after.kind === 'word' && after.text === 'in' && this.#opensRange()) return this.#range(token.text);
    if (token.kind === 'word' && token.text === '*') return { kind: 'all' };
    if (token.kind === 'word' && reserved.has(token.text.toLowerCase())) throw this.#unexpected(token);
    this.#conditions += 1;
    return { kind: 'match', field: undefined, value: valueOf(token) };
  }

  #fieldCondition(field: string): SearchNode {
    const operator = this.#take().text;
    this.#conditions += 1;
    if (operator === ':') {
      const token = this.#take();
      if (!isText(token)) throw this.#unexpected(token);
      return { kind: 'match', field, value: valueOf(token) };
    }
    if (operator !== '=' && operator !== '>' && operator !== '>=' && operator !== '<' && operator !== '<=')
      throw this.#unexpected();
    return { kind: 'compare', field, operator, value: this.#text() };
  }

  #range(field: string): SearchNode {
    this.#next += 1;
    this.#conditions += 1;
    const lowOpen = this.#take().text === '(';
    const low = this.#text();
    this.#takeSymbol(',');
    const high = this.#text();
    const close = this.#take();
    if (close.text !== ')' && close.text !== ']') throw this.#unexpected(close);
    return { kind: 'range', field, low, high, lowOpen, highOpen: close.text === ')' };
  }

  #text(): string {
    const token = this.#take();
    if (!isText(token)) throw this.#unexpected(token);
    return token.text;
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw parameterInvalid('search statement is nested too deeply');
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #opensRange(): boolean {
    const bracket = this.#tokens[this.#next + 1];
    return bracket?.kind === 'symbol' && (bracket.text === '[' || bracket.text === '(');
  }

  #startsOperand(): boolean {
    const token = this.#peek();
    if (token.kind === 'symbol') return token.text === '(';
    return isText(token) && !isWord(token, 'or');
  }

  #takeKeyword(keyword: string): boolean {
    if (!isWord(this.#peek(), keyword)) return false;
    this.#next += 1;
    return true;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#next += 1;
    return true;
  }

  #take(): SearchToken {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  #peek(): SearchToken {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: 0 };
  }

  #unexpected(token = this.#peek()): Error {
    return parameterInvalid(
      `ErrorType:QueryParseError.ErrorMessage:syntax error error position is from column:${token.at + 1} ` +
        `to column:${token.at + 1 + token.text.length},error near < ${token.text} >`,
    );
  }
}

const isText = (token: SearchToken) => token.kind !== 'symbol' && token.kind !== 'end';
const isWord = (token: SearchToken, word: string) =>
  token.kind === 'word' && token.text.toLowerCase() === word;
const isKeyword = (token: SearchToken) => ['and', 'or', 'not'].some((word) => isWord(token, word));

function valueOf(token: SearchToken): SearchValue {
  if (token.kind === 'quoted' || token.kind === 'phrase') return { text: token.text, form: token.kind };
  return { text: token.text, form: 'word' };
}
