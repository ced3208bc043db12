import { createRequire } from 'node:module';
import type * as re2js from 're2js';

/** Loaded for the first pattern: it takes 3 MB, and few configurations have a pattern. */
const load = createRequire(import.meta.url);
const engine = () => (load('re2js') as typeof re2js).RE2JS;

const longestPattern = 500;

/** Instructions of the engine. `[a-z]{1,63}` has 130; a repetition of a repetition multiplies. */
const largestProgram = 1000;

/** A label value has at most 63 characters; a default in the configuration may be longer. */
const longestText = 1000;

const listThem = 'list what may match instead, such as (blue|green)-[0-9]+';
const unsupported: readonly (readonly [form: RegExp, what: string])[] = [
  [/\(\?<?[=!]/, `must not look ahead or behind, as (?=…) does: ${listThem}`],
  [/\\[1-9]|\\k</, `must not refer back to a group, as \\1 does: ${listThem}`],
  [/\\u/, 'must give the number of a character as \\x{41} does, not as \\u0041 does'],
];

/**
 * Returns a check whether the whole of a text matches the pattern, in a time that grows with the length of the text alone.
 * The grammar is that of RE2: https://github.com/google/re2/wiki/Syntax (docs/decisions/label-patterns.md)
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export function wholeMatcher(pattern: string): (text: string) => boolean {
  if (pattern.length > longestPattern)
    throw new SyntaxError(`must have at most ${longestPattern} characters`);
  const compiled = compile(pattern);
  if (compiled.programSize() > largestProgram)
    throw new SyntaxError('must repeat less: {1,63} inside of another repetition multiplies its size');
  return (text) => text.length <= longestText && compiled.matches(text);
}

function compile(pattern: string): re2js.RE2JS {
  const RE2JS = engine();
  try {
    return RE2JS.compile(pattern);
  } catch (thrown) {
    const known = unsupported.find(([form]) => form.test(pattern))?.[1];
    if (known !== undefined) throw new SyntaxError(known, { cause: thrown });
    const why = (thrown as Error).message.replace(/^error parsing regexp: /, '');
    throw new SyntaxError(`must be a regular expression as RE2 reads it: ${why}`, { cause: thrown });
  }
}
