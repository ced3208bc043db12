/** IDs of access keys, of sessions and of temporary keys, of any account. */
const keyIds = /\b(?:LTAI[A-Za-z0-9]{8,}|(?:STS|TMP)\.[\w-]+)/g;

/** What was signed, with the security token in it, follows these words at the end of a message. */
const signedTextFollows = /\b(?:the )?(?:server )?(?:string to sign|canonical request)\b/i;

/** A lying server may send much more than is ever shown. */
const maxLength = 16_384;

/**
 * Hides keys in a text of SLS or STS, which goes on to users, tenants and the log: the given values in any encoding, IDs of any key,
 * and what was signed. A real value is long. Replacing one such as `any`, which a local SLS takes, would garble the text.
 *
 * @param values access key ID, secret, and tokens
 */
export function withoutKeys(text: string, values: readonly string[]): string {
  const bounded = text.slice(0, maxLength);
  const end = bounded.search(signedTextFollows);
  const said = end < 0 ? bounded : bounded.slice(0, end).replace(/[\s,.;:]{1,9}$/, '');
  const known = values.filter((value) => value.length > 3).flatMap(spellings);
  return known.reduce((rest, value) => rest.replaceAll(value, '***'), said).replace(keyIds, '***');
}

const spellings = (value: string): string[] => {
  const encoded = encodeURIComponent(value);
  return [value, encoded, encodeURIComponent(encoded)];
};

/** Parts of a message that differ from one reply to the next although the failure is the same. */
const changingParts = [
  // Signatures.
  /(?<=signature[ :]{1,9})[\w+/=]{16,}/gi,
  // Request IDs of SLS and of STS.
  /\b[0-9A-F]{24}\b/g,
  /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi,
  // Times: RFC 822, ISO 8601, Unix seconds or milliseconds.
  /\b\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2}( GMT)?/g,
  /\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?Z?/g,
  /\b1\d{9}(\d{3})?\b/g,
];

/**
 * Replaces what differs from one reply to the next by an ellipsis. Kubernetes folds the events of a failure only while
 * their messages are equal.
 */
export const withoutChangingParts = (text: string): string =>
  changingParts.reduce((rest, part) => rest.replace(part, '…'), text);
