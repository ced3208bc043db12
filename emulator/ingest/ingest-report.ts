import { readableForms } from './forms/read-line.ts';
import type { AccessLogReader } from './access-log-reader.ts';

const expected =
  `Expected: ${Object.values(readableForms).join(', ')}; ` +
  'also as docker, a CRI runtime or `kubectl logs` writes it.';

const lines = (count: number) => `${count} ${count === 1 ? 'line' : 'lines'}`;

/** Says that a line in a form that is not read has come. */
export function firstOther(path: string, met: string, line: string): string {
  return `${path}: this is no line of a request that can be read, but ${met}. ${expected} Others of this kind are counted, but not shown: ${line}\n`;
}

/** Says why a log without any readable line cannot be used, as a predicate. */
export function nothingReadable({ met }: AccessLogReader): string {
  const kinds = [...met].map(([name, { count }]) => `${lines(count)}: ${name}`);
  const first = [...met.values()][0]?.first;
  if (first === undefined) return 'has no line';
  return `has no line of a request that can be read, but ${kinds.join('; ')}. ${expected} The first: ${first}`;
}

/** Returns what was read: the counts, and each form other than ACK's with its count. */
export function summary(path: string, reader: AccessLogReader): string {
  const { records, unparsed, leftOut } = reader.counts;
  const others = [...reader.forms].filter(([form]) => form !== readableForms.ack);
  return [
    `${path}: ${records} lines read, ${unparsed} unparsed`,
    ...others.map(([form, count]) => `${path}: ${lines(count)} in ${form}${withoutHost(form)}`),
    ...(leftOut === 0
      ? []
      : [`${path}: ${lines(leftOut)} of standard error left out, as ACK's collector does not read it`]),
    '',
  ].join('\n');
}

const withoutHost = (form: string) => (form === readableForms.default ? ', which has no host' : '');

/** Returns each form that is not read, with its count and its first line. */
export function othersMet(path: string, { met }: AccessLogReader): string {
  return [...met]
    .map(([name, { count, first }]) => `${path}: unparsed: ${lines(count)}: ${name}. The first: ${first}\n`)
    .join('');
}
