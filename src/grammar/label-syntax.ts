/**
 * The syntax of label keys and values. Source: Kubernetes, "Labels and Selectors", Syntax and character set. Messages are
 * those of k8s.io/apimachinery/pkg/util/validation.
 */
export const maxLabelValueLength = 63;
const maxPrefixLength = 253;

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const characters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** @throws SyntaxError if the text is not a qualified name (`[prefix/]name`) */
export function checkLabelKey(key: string): void {
  const refuse = (why: string) => new SyntaxError(`key: Invalid value: ${JSON.stringify(key)}: ${why}`);
  const parts = key.split('/');
  if (parts.length > 2)
    throw refuse("a qualified name has an optional DNS subdomain prefix and '/', then a name");
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix !== undefined && (prefix.length > maxPrefixLength || !prefixPattern.test(prefix))) {
    throw refuse('prefix part must be a DNS subdomain of at most 253 characters');
  }
  if (name.length > maxLabelValueLength) throw refuse('name part must be no more than 63 bytes');
  if (!namePattern.test(name)) throw refuse(`name part ${characters}`);
}

/** @throws SyntaxError if the text is not a label value: empty, or a name of at most 63 characters */
export function checkLabelValue(key: string, value: string): void {
  const refuse = (why: string) =>
    new SyntaxError(`values[${key}]: Invalid value: ${JSON.stringify(value)}: ${why}`);
  if (value.length > maxLabelValueLength) throw refuse('must be no more than 63 bytes');
  if (value !== '' && !namePattern.test(value))
    throw refuse(`a valid label must be an empty string or ${characters}`);
}
