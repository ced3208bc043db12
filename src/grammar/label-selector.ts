import { AdapterError } from '../errors.ts';
import { checkLabelKey, checkLabelValue } from './label-syntax.ts';

/**
 * Kubernetes' label selectors, as `labels.Parse` of k8s.io/apimachinery reads them.
 *
 *     selector    = [ requirement *( "," requirement ) ]
 *     requirement = [ "!" ] KEY | KEY ( "=" | "==" | "!=" | ">" | "<" ) [ VALUE ] | KEY ( "in" | "notin" ) set
 *     set         = "(" [ VALUE ] *( "," [ VALUE ] ) ")"
 */
export type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** One value for `=`, `!=`, `>` and `<`; one or more for `in` and `notin`; no value for the others. */
  readonly values: readonly string[];
}

type Token =
  { readonly kind: 'word'; readonly text: string } | { readonly kind: 'symbol'; readonly text: string };

const endOfString: Token = { kind: 'symbol', text: '' };

/** Splits at the white space of Kubernetes. Other white space becomes part of a word, which is then refused. */
function tokenize(text: string): Token[] {
  return Array.from(text.matchAll(/(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+)/g), ([, symbol, word]) =>
    word === undefined ? { kind: 'symbol', text: symbol ?? '' } : { kind: 'word', text: word },
  );
}

class SelectorParser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#peek() === endOfString) return requirements;
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next === endOfString) return requirements;
      if (!isSymbol(next, ',')) throw found(next, "',' or 'end of string'");
      if (this.#peek().kind !== 'word' && !isSymbol(this.#peek(), '!')) {
        throw found(this.#peek(), "identifier after ','");
      }
    }
  }

  #requirement(): Requirement {
    const negated = isSymbol(this.#peek(), '!');
    if (negated) this.#take();
    const token = this.#take();
    if (token.kind !== 'word')
      throw found(token, negated ? 'identifier' : "!, identifier, or 'end of string'");
    const key = token.text;
    checkLabelKey(key);
    const next = this.#peek();
    if (negated) return { key, operator: '!', values: [] };
    if (next === endOfString || isSymbol(next, ',')) return { key, operator: 'exists', values: [] };
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#set() : [this.#exactValue()];
    for (const value of values) checkLabelValue(key, value);
    if ((operator === '>' || operator === '<') && !isInt64(values[0] ?? '')) {
      throw new SyntaxError(`for '${operator}' the value of ${key} must be an integer`);
    }
    return { key, operator, values };
  }

  #operator(): Operator {
    const token = this.#take();
    switch (token.text) {
      case '=':
      case '==':
        return '=';
      case '!=':
      case '>':
      case '<':
      case 'in':
      case 'notin':
        return token.text;
      default:
        throw found(token, 'in, notin, =, ==, !=, >, <');
    }
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next === endOfString || isSymbol(next, ',')) return '';
    if (next.kind !== 'word') throw found(next, 'identifier');
    this.#take();
    return next.text;
  }

  #set(): string[] {
    const open = this.#take();
    if (!isSymbol(open, '(')) throw found(open, "'('");
    const values = new Set<string>();
    for (;;) {
      const next = this.#peek();
      values.add(next.kind === 'word' ? next.text : '');
      if (next.kind === 'word') this.#take();
      const separator = this.#take();
      if (isSymbol(separator, ')')) return [...values].sort();
      if (!isSymbol(separator, ',')) throw found(separator, "',' or ')'");
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? endOfString;
  }

  #take(): Token {
    const token = this.#peek();
    this.#position += 1;
    return token;
  }
}

const isSymbol = (token: Token, text: string) => token.kind === 'symbol' && token.text === text;

/** A label value cannot have a sign. */
const isInt64 = (text: string) => /^\d+$/.test(text) && BigInt(text) < 2n ** 63n;

const found = (token: Token, expected: string) =>
  new SyntaxError(`found '${token.text}', expected: ${expected}`);

/**
 * Returns the requirements in the order of the text; an empty selector has none.
 *
 * @throws AdapterError `SelectorMalformed`, naming what was found and what was expected
 */
export function parseLabelSelector(text: string): Requirement[] {
  try {
    return new SelectorParser(text).parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AdapterError('SelectorMalformed', `unable to parse requirement: ${error.message}`, {
      cause: error,
    });
  }
}
