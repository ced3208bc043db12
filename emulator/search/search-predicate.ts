import { parameterInvalid } from '../service-error.ts';
import { extraTextColumn, literal, numberColumn, reservedText, textColumn } from '../store/columns.ts';
import { delimiters, type FieldType, type IndexConfig } from '../store/index-config.ts';
import type { SearchNode, SearchValue } from './search-parser.ts';

const delimiterClass = '[, \'";=()\\[\\]{}?@&<>/:\\n\\t\\r]';

/**
 * Translates a search statement to a SQL condition over a logstore's table. The condition is never NULL: an absent
 * field does not match, so `not` finds lines without the field.
 *
 * @throws ServiceError ParameterInvalid if the index lacks a field, or has it as text where a number is needed
 */
export function searchPredicate(node: SearchNode, index: IndexConfig): string {
  switch (node.kind) {
    case 'all':
      return 'true';
    case 'and':
    case 'or':
      return `(${searchPredicate(node.left, index)} ${node.kind} ${searchPredicate(node.right, index)})`;
    case 'not':
      return `(not ${searchPredicate(node.operand, index)})`;
    case 'compare':
      if (!comparesNumbers(node.field, [node.value], index))
        return asFullText([node.field, node.value], index);
      return notNull(`${numberColumn(node.field)} ${node.operator} ${number(node.value)}`);
    case 'range': {
      if (!comparesNumbers(node.field, [node.low, node.high], index))
        return asFullText([node.field, 'in', node.low, node.high], index);
      const column = numberColumn(node.field);
      const low = `${column} ${node.lowOpen ? '>' : '>='} ${number(node.low)}`;
      return notNull(`${low} and ${column} ${node.highOpen ? '<' : '<='} ${number(node.high)}`);
    }
    case 'match':
      return node.field === undefined
        ? fullTextMatch(node.value, index)
        : fieldMatch(node.field, node.value, index);
  }
}

/** `source` is short for `__source__`, unless the index has a field of that name. */
function fieldMatch(name: string, value: SearchValue, index: IndexConfig): string {
  const field = name === 'source' && !Object.hasOwn(index.fields, name) ? '__source__' : name;
  const type = typeOf(field, index);
  const column = textColumn(field);
  if (value.form === 'word' && value.text === '*') return `(${column} is not null)`;
  if (type !== 'text') return numericMatch(field, value);
  if (value.text === '') return notNull(`${column} = ''`);
  const patterns = patternsOf(value);
  const found = all(patterns.map((pattern) => matches(column, pattern)));
  if (patterns.length === 0 || (value.form === 'word' && /[*?]/.test(value.text))) return found;
  // Most lines that match have just this value, and an equality takes a fraction of the time.
  return `(${notNull(`${column} = ${literal(value.text)}`)} or ${found})`;
}

function numericMatch(field: string, value: SearchValue): string {
  if (!numberText.test(value.text))
    throw parameterInvalid(
      `key (${field}) is config as numberic column, value < ${value.text} > is not a number`,
    );
  return notNull(`${numberColumn(field)} = ${number(value.text)}`);
}

const numberText = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** SLS compares only numbers, and only in fields of type long and double. Throws ParameterInvalid for an unknown field. */
function comparesNumbers(field: string, values: readonly string[], index: IndexConfig): boolean {
  return typeOf(field, index) !== 'text' && values.every((value) => numberText.test(value));
}

/** What SLS does instead: it searches the words of the condition in all fields. */
function asFullText(words: readonly string[], index: IndexConfig): string {
  return fullTextMatch({ text: words.join(' '), form: 'quoted' }, index);
}

/** Different words may match in different fields. The names of a line's fields count too. */
function fullTextMatch(value: SearchValue, index: IndexConfig): string {
  if (index.fullText === false) throw parameterInvalid('full text index is not configured');
  const fields = [...reservedText, ...Object.keys(index.fields)];
  return all(
    patternsOf(value).map((pattern) => {
      const anywhere = fields.flatMap((field) => {
        const named = `(${textColumn(field)} is not null and ${matches(literal(field), pattern)})`;
        return [matches(textColumn(field), pattern), named];
      });
      return `(${[...anywhere, matches(extraTextColumn, pattern)].join(' or ')})`;
    }),
  );
}

/** Returns one regular expression for each word, and one for a phrase. Returns none if the text has only delimiters. */
function patternsOf(value: SearchValue): string[] {
  const words = splitWords(value.text, value.form === 'word');
  if (value.form === 'phrase')
    return words.length === 0 ? [] : [words.map(escape).join(`${delimiterClass}+`)];
  if (value.form === 'quoted') return words.map(escape);
  return words.map((word) => {
    if (/^[*?]/.test(word)) throw parameterInvalid('only support * or ? in the middle or end of the query');
    const parts = word.split(/([*?])/);
    const inWord = delimiterClass.replace('[', '[^');
    return parts.map((part) => (part === '*' ? `${inWord}*` : part === '?' ? inWord : escape(part))).join('');
  });
}

function splitWords(text: string, wildcards: boolean): string[] {
  const words: string[] = [];
  let word = '';
  for (const char of text) {
    if (delimiters.includes(char) && !(wildcards && char === '?')) {
      if (word !== '') words.push(word);
      word = '';
    } else word += char;
  }
  if (word !== '') words.push(word);
  return words;
}

const escape = (text: string) => text.replace(/[^\p{L}\p{N}_]/gu, (char) => `\\x{${hex(char)}}`);
const hex = (char: string) => (char.codePointAt(0) ?? 0).toString(16);

function matches(column: string, pattern: string): string {
  const expression = `(?i)(?:^|${delimiterClass})${pattern}(?:$|${delimiterClass})`;
  return notNull(`regexp_matches(${column}, ${literal(expression)})`);
}

const notNull = (condition: string) => `coalesce(${condition}, false)`;
const all = (conditions: string[]) => (conditions.length === 0 ? 'false' : `(${conditions.join(' and ')})`);
const number = (value: string) => `(${Number(value)}::DOUBLE)`;

function typeOf(field: string, index: IndexConfig): FieldType {
  const own = Object.hasOwn(index.fields, field) ? index.fields[field] : undefined;
  const type = reservedText.some((name) => name === field) ? 'text' : own;
  if (type === undefined)
    throw parameterInvalid(
      `key (${field}) is not config as key value config,if symbol : is in your log,please wrap : with quotation mark "`,
    );
  return type;
}
