import { placeholderForm } from '../../metric/log-kind.ts';
import { refuseInQuotes, visible } from './sql-tokens.ts';

const part = new RegExp(String.raw`(?<phrase>"(?:[^"\\]|\\.)*")|(?<placeholder>${placeholderForm})|.`, 'gsu');

/** Characters that would end the search, escape a quote, or only look like a quote or a space. */
const refused = /["|;'{}\\“”„‘’]|(?![ \t\r\n])[\p{C}\p{Z}]/u;

const hints: Readonly<Record<string, string>> = {
  '"': ': close the quote',
  "'": ': quote a phrase with "',
  '|': ': SQL belongs in aggregate or sql',
};

/**
 * Checks that the text is one search and stays one with any values. Its grammar is left to SLS.
 *
 * @throws SyntaxError with words that follow the name of the setting: `must …`
 */
export function checkSearch(search: string): void {
  for (const { 0: text, index, groups = {} } of search.matchAll(part)) {
    if (groups['phrase'] !== undefined) refuseInQuotes(text);
    else if (groups['placeholder'] === undefined) refuseCharacter(text, index + 1);
    else if (
      !/(^|[\s([:=<>])$/.test(search.slice(0, index)) ||
      !/^($|[\s)\]])/.test(search.slice(index + text.length))
    )
      throw new SyntaxError(`must have spaces around ${text}: it becomes a phrase of its own`);
  }
}

function refuseCharacter(character: string, at: number): void {
  if (!refused.test(character)) return;
  const hint = hints[character] ?? '';
  throw new SyntaxError(`must not have ${visible(character)} at character ${at} outside quotes${hint}`);
}
