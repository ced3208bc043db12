/** A value as a SQL string literal. */
export const literal = (text: string) => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`;

/** A name as a quoted SQL identifier. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
