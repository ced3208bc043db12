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
