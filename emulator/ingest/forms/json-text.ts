export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses a line that is one JSON object; undefined if it is not. It repairs what nginx writes into JSON without
 * `log-format-escape-json`: `\x22` for a quote, and `-` without quotes for a value that is missing.
 */
export function parseJsonObject(line: string): JsonObject | undefined {
  if (!line.startsWith('{')) return undefined;
  return parsed(line) ?? parsed(repaired(line));
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function repaired(text: string): string {
  return text
    .replace(/\\x([0-9A-Fa-f]{2})/g, String.raw`\u00$1`)
    .replace(/": {0,3}-? {0,3}(?=[,}])/g, '": null');
}
