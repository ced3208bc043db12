/** Requests by bin. Bins are whole minutes. */
export interface Trace {
  readonly name: string;
  readonly binSeconds: number;
  /** Undefined: missing. */
  readonly counts: readonly (number | undefined)[];
  /** What was done to the numbers of the file. */
  readonly notes: readonly string[];
}

type Counts = readonly (number | undefined)[];

const minuteSeconds = 60;
const daySeconds = 86_400;

/**
 * Reads a number a line, or the form `timestamp,value`. Bins shorter than a minute are added up to minutes.
 *
 * @param binSeconds the length of a bin if the file does not say it; a first line such as `# requests per second` does
 * @throws Error that names the file and the line
 */
export function readTrace(name: string, text: string, binSeconds = minuteSeconds): Trace {
  const lines = text.split(/\r?\n/);
  const read = lines[0]?.includes(',') ? readTimed(name, lines) : readPlain(name, lines, binSeconds);
  if (read.counts.length === 0) throw new Error(`${name}: there is no number`);
  const isWhole = (seconds: number) => Number.isInteger(seconds) && seconds > 0;
  if (!isWhole(minuteSeconds / read.binSeconds) && !isWhole(read.binSeconds / minuteSeconds))
    throw new Error(`${name}: bins of ${read.binSeconds} s are neither parts of a minute nor whole minutes`);
  if (!isWhole(daySeconds / read.binSeconds))
    throw new Error(`${name}: a day is not a whole number of bins of ${read.binSeconds} s`);
  const minutes = addUp(read.counts, Math.max(1, minuteSeconds / read.binSeconds));
  const { counts, silent } = withoutSilence(minutes);
  const notes: string[] = [];
  if (read.binSeconds < minuteSeconds) notes.push(`bins of ${read.binSeconds} s, added up to minutes`);
  if (silent > 0) notes.push(`${silent} bins without a request in a row, amid traffic, count as missing`);
  return { name, binSeconds: Math.max(minuteSeconds, read.binSeconds), counts, notes };
}

interface Read {
  readonly binSeconds: number;
  readonly counts: Counts;
}

const unitSeconds: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600 };

function readPlain(name: string, lines: readonly string[], fallbackSeconds: number): Read {
  const [, times = '1', unit = ''] = /^#.*\bper (\d*) ?(second|minute|hour)/.exec(lines[0] ?? '') ?? [];
  const said = Number(times || 1) * (unitSeconds[unit] ?? Number.NaN);
  const counts = lines.flatMap((line, index) =>
    line.trim() === '' || line.startsWith('#') ? [] : [parseCount(line, `${name}:${index + 1}`)],
  );
  return { binSeconds: Number.isNaN(said) ? fallbackSeconds : said, counts };
}

function readTimed(name: string, lines: readonly string[]): Read {
  const rows = lines.slice(1).flatMap((line, index) => {
    const [time = '', value = ''] = line.split(',');
    if (time === '') return [];
    // A time without a zone is UTC.
    const seconds = Date.parse(/[Z+]/.test(time) ? time : `${time.replace(' ', 'T')}Z`) / 1000;
    if (Number.isNaN(seconds)) throw new Error(`${name}:${index + 2}: "${time}" is not a time`);
    return [{ seconds, count: parseCount(value, `${name}:${index + 2}`) }];
  });
  const steps = rows.slice(1).map(({ seconds }, index) => seconds - (rows[index]?.seconds ?? 0));
  const binSeconds = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? minuteSeconds;
  const start = rows[0]?.seconds ?? 0;
  const counts: (number | undefined)[] = [];
  for (const { seconds, count } of rows) counts[Math.round((seconds - start) / binSeconds)] = count;
  return { binSeconds, counts: Array.from(counts) };
}

function parseCount(text: string, where: string): number {
  const count = Number(text);
  if (text.trim() === '' || !(count >= 0 && count < Infinity))
    throw new Error(`${where}: "${text}" is not a number of requests`);
  return count;
}

/** Adds up so many bins to one. One that lacks a part is missing, the last too. */
function addUp(counts: Counts, bins: number): Counts {
  return Array.from({ length: Math.floor(counts.length / bins) }, (_, index) => {
    let sum = 0;
    for (let part = index * bins; part < (index + 1) * bins; part++) sum += counts[part] ?? Number.NaN;
    return Number.isNaN(sum) ? undefined : sum;
  });
}

const leastSilentBins = 5;
const beforeBins = 60;
/** So many requests would have come in a silence at the rate before it. */
const leastMissed = 100;

/** Replaces zeros in a row that no traffic explains, since the adapter would not have counted then. */
function withoutSilence(given: Counts): { readonly counts: Counts; readonly silent: number } {
  const counts = [...given];
  let silent = 0;
  let start = 0;
  while (start < counts.length) {
    let end = start;
    while (counts[end] === 0) end++;
    const length = end - start;
    const before = counts.slice(Math.max(0, start - beforeBins), start);
    const mean = before.reduce<number>((sum, count) => sum + (count ?? 0), 0) / before.length;
    const isSteady = before.every((count) => count !== 0);
    if (length >= leastSilentBins && isSteady && mean * length >= leastMissed) {
      counts.fill(undefined, start, end);
      silent += length;
    }
    start = end + 1;
  }
  return { counts, silent };
}
