/**
 * What stands for a value in a template: `{route}`, `{window}`, `{from}`, `{to}`, or `{label}` of the metric's own. It
 * starts with a letter, so that the `{3}` of a regular expression is none.
 */
const placeholder = /\{([A-Za-z][-\w.]*)\}/g;

/** Of the window: a length in seconds, and its ends in Unix seconds. */
export const windowPlaceholders = ['window', 'from', 'to'] as const;

/** The route of the series. */
export const routePlaceholder = 'route';

/** Names that no label of a metric's own may have. */
export const reservedNames: readonly string[] = [routePlaceholder, ...windowPlaceholders];

/** The names of the placeholders in a text, each once. */
export const placeholdersOf = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(placeholder), ([, name = '']) => name)),
];

/** The text with what `value` gives in place of each placeholder. */
export const withPlaceholders = (text: string, value: (name: string) => string): string =>
  text.replace(placeholder, (_, name: string) => value(name));
