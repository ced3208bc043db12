import { AdapterError } from '../errors.ts';

/**
 * The syntax of label keys and values. Source: Kubernetes, "Labels and Selectors", Syntax and character set. Messages are
 * those of k8s.io/apimachinery/pkg/util/validation.
 */
export const maxLabelValueLength = 63;
const maxPrefixLength = 253;

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const characters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** @throws SyntaxError if the text is not a qualified name (`[prefix/]name`) */
export function checkLabelKey(key: string): void {
  const refuse = (why: string) => new SyntaxError(`key: Invalid value: ${JSON.stringify(key)}: ${why}`);
  const parts = key.split('/');
  if (parts.length > 2)
    throw refuse("a qualified name has an optional DNS subdomain prefix and '/', then a name");
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix !== undefined && (prefix.length > maxPrefixLength || !prefixPattern.test(prefix))) {
    throw refuse('prefix part must be a DNS subdomain of at most 253 characters');
  }
  if (name.length > maxLabelValueLength) throw refuse('name part must be no more than 63 bytes');
  if (!namePattern.test(name)) throw refuse(`name part ${characters}`);
}

/** A label value has more characters than Kubernetes allows. */
class LabelValueTooLong extends SyntaxError {}

/** @throws SyntaxError if the text is not a label value: empty, or a name of at most 63 characters */
export function checkLabelValue(key: string, value: string): void {
  const invalid = `values[${key}]: Invalid value: ${JSON.stringify(value)}:`;
  if (value.length > maxLabelValueLength)
    throw new LabelValueTooLong(`${invalid} must be no more than 63 bytes`);
  if (value !== '' && !namePattern.test(value))
    throw new SyntaxError(`${invalid} a valid label must be an empty string or ${characters}`);
}

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

/** Splits at the white space of Kubernetes. Other white space becomes part of a word, which is then refused. */
const tokenForm = /==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+/g;

const endOfString = '';

const isWord = (token: string) => token !== endOfString && !/^[=!(),<>]/.test(token);

class SelectorParser {
  readonly #tokens: readonly string[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = text.match(tokenForm) ?? [];
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#peek() === endOfString) return requirements;
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next === endOfString) return requirements;
      if (next !== ',') throw found(next, "',' or 'end of string'");
      if (!isWord(this.#peek()) && this.#peek() !== '!') throw found(this.#peek(), "identifier after ','");
    }
  }

  #requirement(): Requirement {
    const negated = this.#peek() === '!';
    if (negated) this.#take();
    const key = this.#take();
    if (!isWord(key)) throw found(key, negated ? 'identifier' : "!, identifier, or 'end of string'");
    checkLabelKey(key);
    const next = this.#peek();
    if (negated) return { key, operator: '!', values: [] };
    if (next === endOfString || next === ',') return { key, operator: 'exists', values: [] };
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
    switch (token) {
      case '=':
      case '==':
        return '=';
      case '!=':
      case '>':
      case '<':
      case 'in':
      case 'notin':
        return token;
      default:
        throw found(token, 'in, notin, =, ==, !=, >, <');
    }
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next === endOfString || next === ',') return '';
    if (!isWord(next)) throw found(next, 'identifier');
    return this.#take();
  }

  #set(): string[] {
    const open = this.#take();
    if (open !== '(') throw found(open, "'('");
    const values = new Set<string>();
    for (;;) {
      values.add(isWord(this.#peek()) ? this.#take() : '');
      const separator = this.#take();
      if (separator === ')') return [...values].sort();
      if (separator !== ',') throw found(separator, "',' or ')'");
    }
  }

  #peek(): string {
    return this.#tokens[this.#position] ?? endOfString;
  }

  #take(): string {
    const token = this.#peek();
    this.#position += 1;
    return token;
  }
}

/** A label value cannot have a sign. */
const isInt64 = (text: string) => /^\d+$/.test(text) && BigInt(text) < 2n ** 63n;

/**
 * Returns the error for a selector that Kubernetes refuses.
 *
 * @param why begins the message
 * @param fault of `checkLabelKey`, `checkLabelValue` or the parser
 */
export const malformedSelector = (why: string, fault: SyntaxError): AdapterError =>
  new AdapterError(
    fault instanceof LabelValueTooLong ? 'LabelValueTooLong' : 'SelectorMalformed',
    `${why}: ${fault.message}`,
    { cause: fault },
  );

const found = (token: string, expected: string) => new SyntaxError(`found '${token}', expected: ${expected}`);

/**
 * Returns the requirements in the order of the text; an empty selector has none.
 *
 * @throws AdapterError `SelectorMalformed`, naming what was found and what was expected; `LabelValueTooLong`
 */
export function parseLabelSelector(text: string): Requirement[] {
  try {
    return new SelectorParser(text).parse();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformedSelector('unable to parse requirement', error);
  }
}
