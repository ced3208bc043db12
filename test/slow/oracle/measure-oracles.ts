/** What is measured of a log, computed line by line from the fields as they were logged. */
interface Line {
  readonly fields: Readonly<Record<string, string>>;
}

/** Between which values a reading may lie; `none`: it must fail, since too many lines say too little. */
export type TrueReading = { readonly least: number; readonly most: number } | 'none';

/** From at least one line. */
export type ReadingOf = (lines: readonly Line[], windowSeconds: number) => TrueReading;

export const exactly = (value: number): TrueReading => ({ least: value, most: value });

/** Within 1e-9 of it: sums of doubles depend on the order. */
const nearly = (value: number): TrueReading => ({ least: value * (1 - 1e-9), most: value * (1 + 1e-9) });

const isDecimal = (text: string) => /^\d+(\.\d+)?$/.test(text);

/** The numbers of a field, of those lines that have one. */
const numbersIn = (lines: readonly Line[], field: string): number[] =>
  lines.flatMap(({ fields }) => {
    const text = fields[field] ?? '';
    return isDecimal(text) ? [Number(text)] : [];
  });

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Where 99 % of the lines or more have the number. */
const ofField =
  (field: string, reading: (numbers: readonly number[], windowSeconds: number) => TrueReading): ReadingOf =>
  (lines, windowSeconds) => {
    const numbers = numbersIn(lines, field);
    return lines.length - numbers.length <= lines.length / 100 ? reading(numbers, windowSeconds) : 'none';
  };

type UpstreamTime = number | 'not asked' | 'unreadable';

/** A list of at most five times, `-` where an upstream gave no answer. */
function upstreamTimeOf({ fields }: Line): UpstreamTime {
  const text = fields['upstream_response_time'];
  if (text === undefined) return 'unreadable';
  if (text === '') return 'not asked';
  const items = text.split(/, | : /);
  if (items.length > 5 || !items.every((item) => item === '-' || isDecimal(item))) return 'unreadable';
  const times = items.filter((item) => item !== '-').map(Number);
  return times.length === 0 ? 'not asked' : sum(times);
}

/** Where 90 % of the lines or more say what it was. */
const ofUpstream =
  (reading: (numbers: readonly number[]) => TrueReading): ReadingOf =>
  (lines) => {
    const times = lines.map(upstreamTimeOf);
    if (times.filter((time) => time === 'unreadable').length > lines.length / 10) return 'none';
    const seconds = times.filter((time) => typeof time === 'number');
    return seconds.length === 0 ? exactly(0) : reading(seconds);
  };

const average = (seconds: readonly number[]) => nearly((sum(seconds) / seconds.length) * 1000);

/** One of the two values next to that rank: the emulator's percentiles are exact, unlike those of SLS. */
const percentile = (share: number) => (seconds: readonly number[]) => {
  const sorted = seconds.toSorted((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length) - 1;
  const at = (index: number) => (sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? NaN) * 1000;
  return { least: at(rank - 1), most: at(rank + 1) };
};

const rate: ReadingOf = (lines, windowSeconds) => exactly(lines.length / windowSeconds);
const perSecond = (numbers: readonly number[], windowSeconds: number) => nearly(sum(numbers) / windowSeconds);

/** By what comes after the prefix of the kind of log. */
export const measureOracles: Readonly<Record<string, ReadingOf>> = {
  qps: rate,
  status_qps: rate,
  requests: (lines) => exactly(lines.length),
  error_ratio: (lines) => {
    const statuses = lines.flatMap(({ fields }) => /^\d{3}$/.exec(fields['status'] ?? '') ?? []);
    if (lines.length - statuses.length > lines.length / 100) return 'none';
    return exactly(statuses.filter((status) => status.startsWith('5')).length / lines.length);
  },
  concurrency: ofField('request_time', perSecond),
  inflow: ofField('request_length', perSecond),
  outflow: ofField('body_bytes_sent', perSecond),
  latency_avg: ofField('request_time', average),
  latency_p50: ofField('request_time', percentile(0.5)),
  latency_p95: ofField('request_time', percentile(0.95)),
  latency_p99: ofField('request_time', percentile(0.99)),
  latency_p9999: ofField('request_time', percentile(0.9999)),
  upstream_latency_avg: ofUpstream(average),
  upstream_latency_p50: ofUpstream(percentile(0.5)),
  upstream_latency_p95: ofUpstream(percentile(0.95)),
  upstream_latency_p99: ofUpstream(percentile(0.99)),
};
