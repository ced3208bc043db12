import { AdapterError } from '../errors.ts';

/**
 * The syntax of label keys and values. Source: Kubernetes, "Labels and Selectors", Syntax and character set. Messages are
 * those of k8s.io/apimachinery/pkg/util/validation.
 */
export const maxLabelValueLength = 63;
const maxPrefixLength = 253;

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A DNS label: the name of a namespace or a Service. Source: RFC 1123, as Kubernetes requires it. */
export const dnsLabelForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a DNS label is, in words that follow "must be". */
export const dnsLabelWords = 'a DNS label: up to 63 lower-case letters, digits and hyphens';

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

class LabelValueTooLong extends SyntaxError {}

/** @throws SyntaxError if the text is not a label value: empty, or a name of at most 63 characters */
export function checkLabelValue(key: string, value: string): void {
  const invalid = `values[${key}]: Invalid value: ${JSON.stringify(value)}:`;
  if (value.length > maxLabelValueLength)
    throw new LabelValueTooLong(`${invalid} must be no more than 63 bytes`);
  if (value !== '' && !namePattern.test(value))
    throw new SyntaxError(`${invalid} a valid label must be an empty string or ${characters}`);
}

const operators = ['=', '!=', '>', '<', 'in', 'notin'] as const;
export type Operator = (typeof operators)[number] | 'exists' | '!';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** One value for `=`, `!=`, `>` and `<`; one or more for `in` and `notin`; no value for the others. */
  readonly values: readonly string[];
}

/** Splits at the white space of Kubernetes. Other white space becomes part of a word, which is then refused. */
const tokenForm = /==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+/g;

/** The tokens that are left, backwards: the next one is the last. */
type Tokens = string[];
const nextOf = (tokens: Tokens): string => tokens.at(-1) ?? '';
const take = (tokens: Tokens): string => tokens.pop() ?? '';

const isWord = (token: string) => /^[^=!(),<>]/.test(token);
const isEnd = (token: string) => token === '' || token === ',';

function takeRequirement(tokens: Tokens): Requirement {
  const isNegated = nextOf(tokens) === '!';
  if (isNegated) take(tokens);
  const key = take(tokens);
  if (!isWord(key)) throw found(key, isNegated ? 'identifier' : "!, identifier, or 'end of string'");
  checkLabelKey(key);
  if (isNegated) return { key, operator: '!', values: [] };
  if (isEnd(nextOf(tokens))) return { key, operator: 'exists', values: [] };
  const token = take(tokens);
  const operator = operators.find((one) => one === token || (one === '=' && token === '=='));
  if (operator === undefined) throw found(token, 'in, notin, =, ==, !=, >, <');
  const values = operator === 'in' || operator === 'notin' ? takeSet(tokens) : [takeValue(tokens)];
  for (const value of values) checkLabelValue(key, value);
  if ((operator === '>' || operator === '<') && !isInt64(values[0] ?? ''))
    throw new SyntaxError(`for '${operator}' the value of ${key} must be an integer`);
  return { key, operator, values };
}

function takeValue(tokens: Tokens): string {
  const next = nextOf(tokens);
  if (isEnd(next)) return '';
  if (!isWord(next)) throw found(next, 'identifier');
  return take(tokens);
}

function takeSet(tokens: Tokens): string[] {
  const open = take(tokens);
  if (open !== '(') throw found(open, "'('");
  const values = new Set<string>();
  for (;;) {
    values.add(isWord(nextOf(tokens)) ? take(tokens) : '');
    const separator = take(tokens);
    if (separator === ')') return [...values].sort();
    if (separator !== ',') throw found(separator, "',' or ')'");
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
 * Returns the requirements of a label selector in the order of the text, as `labels.Parse` of k8s.io/apimachinery reads
 * them; an empty selector has none.
 *
 *     selector    = [ requirement *( "," requirement ) ]
 *     requirement = [ "!" ] KEY | KEY ( "=" | "==" | "!=" | ">" | "<" ) [ VALUE ] | KEY ( "in" | "notin" ) set
 *     set         = "(" [ VALUE ] *( "," [ VALUE ] ) ")"
 *
 * @throws AdapterError `SelectorMalformed`, naming what was found and what was expected; `LabelValueTooLong`
 */
export function parseLabelSelector(text: string): Requirement[] {
  const tokens: Tokens = (text.match(tokenForm) ?? []).reverse();
  const requirements: Requirement[] = [];
  try {
    while (tokens.length > 0) {
      requirements.push(takeRequirement(tokens));
      const comma = take(tokens);
      if (comma !== '' && comma !== ',') throw found(comma, "',' or 'end of string'");
      const next = nextOf(tokens);
      if (comma === ',' && !isWord(next) && next !== '!') throw found(next, "identifier after ','");
    }
    return requirements;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformedSelector('unable to parse requirement', error);
  }
}
