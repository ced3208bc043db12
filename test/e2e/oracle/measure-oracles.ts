/** A line with its fields as they were logged. */
interface Line {
  readonly fields: Readonly<Record<string, string>>;
}

/** The range of a true reading; `none` if it must fail because too many lines lack the number. */
export type TrueReading = { readonly least: number; readonly most: number } | 'none';

/** Called with at least one line. */
export type ReadingOf = (lines: readonly Line[], windowSeconds: number) => TrueReading;

export const exactly = (value: number): TrueReading => ({ least: value, most: value });

/** Allows 1e-9, because a sum of doubles depends on the order. */
const nearly = (value: number): TrueReading => ({ least: value * (1 - 1e-9), most: value * (1 + 1e-9) });

const isDecimal = (text: string) => /^\d+(\.\d+)?$/.test(text);

/** Returns the numbers of a field, from the lines that have one. */
const numbersIn = (lines: readonly Line[], field: string): number[] =>
  lines.flatMap(({ fields }) => {
    const text = fields[field] ?? '';
    return isDecimal(text) ? [Number(text)] : [];
  });

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** A reading that needs the number in at least 99 % of the lines. */
const ofField =
  (field: string, reading: (numbers: readonly number[], windowSeconds: number) => TrueReading): ReadingOf =>
  (lines, windowSeconds) => {
    const numbers = numbersIn(lines, field);
    return lines.length - numbers.length <= lines.length / 100 ? reading(numbers, windowSeconds) : 'none';
  };

type UpstreamTime = number | 'not asked' | 'unreadable';

/** Parses a list of at most five times, with `-` for an upstream that did not answer. */
function upstreamTimeOf({ fields }: Line): UpstreamTime {
  const text = fields['upstream_response_time'];
  if (text === undefined) return 'unreadable';
  if (text === '') return 'not asked';
  const items = text.split(/, | : /);
  if (items.length > 5 || !items.every((item) => item === '-' || isDecimal(item))) return 'unreadable';
  const times = items.filter((item) => item !== '-').map(Number);
  return times.length === 0 ? 'not asked' : sum(times);
}

/** A reading that needs a readable upstream time in at least 90 % of the lines. */
const ofUpstream =
  (reading: (numbers: readonly number[]) => TrueReading): ReadingOf =>
  (lines) => {
    const times = lines.map(upstreamTimeOf);
    if (times.filter((time) => time === 'unreadable').length > lines.length / 10) return 'none';
    const seconds = times.filter((time) => typeof time === 'number');
    return seconds.length === 0 ? exactly(0) : reading(seconds);
  };

const average = (seconds: readonly number[]) => nearly((sum(seconds) / seconds.length) * 1000);

/** Allows the two values next to the rank. The emulator's percentiles are exact, unlike those of SLS. */
const percentile = (share: number) => (seconds: readonly number[]) => {
  const sorted = seconds.toSorted((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length) - 1;
  const at = (index: number) => (sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? NaN) * 1000;
  return { least: at(rank - 1), most: at(rank + 1) };
};

const rate: ReadingOf = (lines, windowSeconds) => exactly(lines.length / windowSeconds);
const perSecond = (numbers: readonly number[], windowSeconds: number) => nearly(sum(numbers) / windowSeconds);

/** By the metric's name without the prefix of its kind of log. */
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
