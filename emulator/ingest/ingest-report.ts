import { readableForms } from './forms/read-line.ts';
import type { AccessLogReader } from './access-log-reader.ts';

const expected =
  `Expected: ${Object.values(readableForms).join(', ')}; ` +
  'also as docker, a CRI runtime or `kubectl logs` writes it.';

const lines = (count: number) => `${count} ${count === 1 ? 'line' : 'lines'}`;

/** Says that a line has come in a form that is not read. */
export function firstOther(path: string, met: string, line: string): string {
  return `${path}: cannot read ${met}. ${expected} The first such line, the others are counted: ${line}\n`;
}

/** Says that a line has come in a form that is read. */
export function firstRead(path: string, form: string): string {
  return `${path}: reads ${form}${withoutHost(form)}; the number of lines comes at the end\n`;
}

/** Says why a log without any readable line cannot be used, as a predicate. */
export function nothingReadable({ met }: AccessLogReader): string {
  const kinds = [...met].map(([name, { count }]) => `${lines(count)}: ${name}`);
  const first = [...met.values()][0]?.first;
  if (first === undefined) return 'has no line';
  return `has no line that can be read: ${kinds.join('; ')}. ${expected} The first: ${first}`;
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

/** Returns each form that is not read, with its count. */
export function othersMet(path: string, { met }: AccessLogReader, withFirst: boolean): string {
  return [...met]
    .map(([name, { count, first }]) => {
      const shown = withFirst ? `. The first: ${first}` : '';
      return `${path}: not read: ${lines(count)}: ${name}${shown}\n`;
    })
    .join('');
}

/** A log that ended longer ago has no line in the window of a reading. */
const recentSeconds = 60;

/** Says that readings of now find no line of the log, since it ended some time ago. Otherwise returns an empty text. */
export function tooOld(path: string, { newestSeconds }: AccessLogReader, nowSeconds: number): string {
  if (newestSeconds === undefined || nowSeconds - newestSeconds <= recentSeconds) return '';
  const newest = new Date(newestSeconds * 1000).toISOString().replace('.000Z', 'Z');
  const minutes = Math.round((nowSeconds - newestSeconds) / 60);
  return (
    `${path}: its newest request is of ${newest}, ${minutes} minutes ago, so a reading of now is 0, or an error if the log ` +
    'stopped at once. Lines older than an hour are not kept.\n'
  );
}
