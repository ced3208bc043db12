/** A line with its fields as they were logged. */
interface Line {
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * The range of a true reading; `none` if it must fail because too many lines lack the number. `milli`: the exact reading
 * in thousandths, rounded up, if there is one; it is what must be printed.
 */
export type TrueReading =
  { readonly least: number; readonly most: number; readonly milli?: string | undefined } | 'none';

/** Called with at least one line. */
export type ReadingOf = (lines: readonly Line[], windowSeconds: number) => TrueReading;

export const exactly = (value: number, milli?: bigint): TrueReading => ({
  least: value,
  most: value,
  milli: milli?.toString(),
});

const ceilDivide = (dividend: bigint, divisor: bigint) => (dividend + divisor - 1n) / divisor;

/** A decimal number of the log in units of 10^-12, exactly. No line of the tests has more decimals. */
function unitsOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

const addUp = (texts: readonly string[]) => texts.reduce((sum, text) => sum + unitsOf(text), 0n);

/**
 * The sum of decimal numbers, multiplied and divided. Allows 1e-9, because the value is a double. What is printed is exact
 * if a sum of doubles can be: up to 15 digits for thousandths, which nginx logs, and 12 for finer numbers.
 */
function quotientOf(texts: readonly string[], divisor: number, factor = 1): TrueReading {
  const sum = addUp(texts);
  const digits = sum.toString().replace(/0+$/, '').length;
  const hasExactSum = digits <= (sum % 10n ** 9n === 0n ? 15 : 12);
  const units = sum * BigInt(factor);
  const value = Number(units) / divisor / 1e12;
  const milli = ceilDivide(units * 1000n, BigInt(divisor) * 10n ** 12n);
  return {
    least: value * (1 - 1e-9),
    most: value * (1 + 1e-9),
    milli: hasExactSum && milli < 10n ** 15n ? milli.toString() : undefined,
  };
}

const isDecimal = (text: string) => /^\d+(\.\d+)?$/.test(text);

/** Returns the numbers of a field as text, from the lines that have one. */
const numbersIn = (lines: readonly Line[], field: string): string[] =>
  lines.map(({ fields }) => fields[field] ?? '').filter(isDecimal);

/** A reading that needs the number in at least 99 % of the lines. */
const ofField =
  (field: string, reading: (numbers: readonly string[], windowSeconds: number) => TrueReading): ReadingOf =>
  (lines, windowSeconds) => {
    const numbers = numbersIn(lines, field);
    return lines.length - numbers.length <= lines.length / 100 ? reading(numbers, windowSeconds) : 'none';
  };

/** Text of the sum of the times. */
type UpstreamTime = { readonly seconds: string } | 'not asked' | 'unreadable';

/** Parses a list of at most five times, with `-` for an upstream that did not answer. */
function upstreamTimeOf({ fields }: Line): UpstreamTime {
  const text = fields['upstream_response_time'];
  if (text === undefined) return 'unreadable';
  if (text === '') return 'not asked';
  const items = text.split(/, | : /);
  if (items.length > 5 || !items.every((item) => item === '-' || isDecimal(item))) return 'unreadable';
  const times = items.filter((item) => item !== '-');
  if (times.length === 0) return 'not asked';
  const units = addUp(times).toString().padStart(13, '0');
  return { seconds: `${units.slice(0, -12)}.${units.slice(-12)}` };
}

/** A reading that needs a readable upstream time in at least 90 % of the lines. */
const ofUpstream =
  (reading: (numbers: readonly string[]) => TrueReading): ReadingOf =>
  (lines) => {
    const times = lines.map(upstreamTimeOf);
    if (times.filter((time) => time === 'unreadable').length > lines.length / 10) return 'none';
    const seconds = times.flatMap((time) => (typeof time === 'object' ? time.seconds : []));
    return seconds.length === 0 ? exactly(0, 0n) : reading(seconds);
  };

const average = (seconds: readonly string[]) => quotientOf(seconds, seconds.length, 1000);

/** Allows the two values next to the rank. The emulator's percentiles are exact, unlike those of SLS. */
const percentile = (share: number) => (seconds: readonly string[]) => {
  const sorted = seconds.map(Number).sort((a, b) => a - b);
  const rank = Math.ceil(share * sorted.length) - 1;
  const at = (index: number) => (sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? NaN) * 1000;
  return { least: at(rank - 1) * (1 - 1e-12), most: at(rank + 1) * (1 + 1e-12) };
};

const rate: ReadingOf = (lines, windowSeconds) =>
  exactly(lines.length / windowSeconds, ceilDivide(BigInt(lines.length) * 1000n, BigInt(windowSeconds)));
const perSecond = (numbers: readonly string[], windowSeconds: number) => quotientOf(numbers, windowSeconds);

/** By the metric's name without the prefix of its kind of log. */
export const measureOracles: Readonly<Record<string, ReadingOf>> = {
  qps: rate,
  status_qps: rate,
  requests: (lines) => exactly(lines.length, BigInt(lines.length) * 1000n),
  error_ratio: (lines) => {
    // 000, which an index of numbers has as 0, is a status of a request without a response.
    const statuses = lines.flatMap(({ fields }) => /^(\d{3}|0)$/.exec(fields['status'] ?? '')?.[0] ?? []);
    if (lines.length - statuses.length > lines.length / 100) return 'none';
    const errors = statuses.filter((status) => status.startsWith('5')).length;
    return exactly(errors / lines.length, ceilDivide(BigInt(errors) * 1000n, BigInt(lines.length)));
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
