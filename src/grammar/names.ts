/** A DNS label: the name of a namespace or a Service. Source: RFC 1123, as Kubernetes requires it. */
export const dnsLabelForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a DNS label is, in words that follow "must be". */
export const dnsLabelWords = 'a DNS label: up to 63 lower-case letters, digits and hyphens';
