/**
 * A placeholder of a template: `{route}`, `{window}`, `{from}`, `{to}`, or `{label}` for a label of the metric. It begins
 * with a letter, so the `{3}` of a regular expression is not a placeholder.
 */
export const placeholderForm = String.raw`\{[A-Za-z][-\w.]*\}`;
const placeholders = new RegExp(placeholderForm, 'g');

/** Stands for the route of the series. */
export const routePlaceholder = 'route';

/** Stand for the window: its length in seconds, and its ends in Unix seconds. */
export const windowPlaceholders = ['window', 'from', 'to'] as const;

/** Names that a metric's own label must not have. */
export const reservedNames: readonly string[] = [routePlaceholder, ...windowPlaceholders];

const nameIn = (placeholder: string) => placeholder.slice(1, -1);

/** Returns the names of the placeholders in a text, each once. */
export const placeholdersOf = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(placeholders), ([found]) => nameIn(found))),
];

/** Returns the text with each placeholder replaced by what `value` gives for its name. */
export const withPlaceholders = (text: string, value: (name: string) => string): string =>
  text.replace(placeholders, (found) => value(nameIn(found)));
