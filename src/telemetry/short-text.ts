import pino from 'pino';

const longestText = 500;
const longestStack = 4000;
const longestMessage = 1200;
const mostItems = 30;
const deepest = 3;

/** Returns the text, cut with an ellipsis if it is long. */
export const shortText = (text: string, longest = longestText): string =>
  text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;

/** Returns the message of a log line. Its end, which says what to do, is kept. */
export function shortMessage(message: string): string {
  if (message.length <= longestMessage) return message;
  const half = longestMessage / 2;
  return `${message.slice(0, half).toWellFormed()}… …${message.slice(-half).toWellFormed()}`;
}

/** Returns the fields of a log line with long texts, lists and objects cut, so that the line has a bounded length. */
export const shortFields = (fields: object, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, mostItems)
      .map(([name, value]) => [
        shortText(name),
        shortValue(value, name === 'stack' ? longestStack : longestText, depth),
      ]),
  );

function shortValue(value: unknown, longest: number, depth: number): unknown {
  if (typeof value === 'string') return shortText(value, longest);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return '…';
  if (value instanceof Error) return shortValue({ ...pino.stdSerializers.err(value) }, longest, depth);
  if (!Array.isArray(value)) return shortFields(value, depth + 1);
  const items = value.slice(0, mostItems).map((item) => shortValue(item, longest, depth + 1));
  return value.length > mostItems ? [...items, '…'] : items;
}
