import type { MinuteCounts } from './minute-counts.ts';

/** Says what comes `ahead` minutes after `now`, by the minutes until `now` that are not missing. NaN: it cannot say. */
export type Expert = (counts: MinuteCounts, now: number, ahead: number) => number;

/** How many days back the seasonal experts look. */
const seasonDays = [1, 2, 3] as const;
/** Days are not alike to the minute. */
const toleranceMinutes = 3;
const mostGrowth = 4;
const levelMinutes = 30;

export const lastMinute: Expert = (counts, now) => counts.at(now);

export const meanOf3: Expert = ofLast(3, meanUntil);

export const maxOf10: Expert = ofLast(10, (counts, now, width) => highest(counts, now - width + 1, now));

/** The count that nine of ten minutes of the last hour do not exceed, whatever quantile is forecast. */
export const highOf60: Expert = ofLast(60, (counts, now, width) => {
  const above = (minutes: number) => minutes - Math.ceil(0.9 * minutes);
  const last = above(width);
  // Only the highest counts are kept in order: to sort all takes much longer.
  const descending: number[] = [];
  let counted = 0;
  for (let minute = now - width + 1; minute <= now; minute++) {
    const count = counts.at(minute);
    if (Number.isNaN(count)) continue;
    counted += 1;
    if (count <= (descending[last] ?? -1)) continue;
    let place = Math.min(descending.length, last);
    for (let next = descending[place - 1]; next !== undefined && next < count; next = descending[place - 1])
      descending[place--] = next;
    descending[place] = count;
  }
  return descending[above(counted)] ?? Number.NaN;
});

/** The most at that time of day, and 3 minutes before and after it, on the last 3 days. */
export const sameTime: Expert = (counts, now, ahead) => {
  const around = counts.bins(toleranceMinutes);
  return daysBefore(counts, now + ahead)
    .map((then) => highest(counts, then - around, then + around))
    .reduce(larger);
};

/** What is now, times the largest growth from this time of day to that one on the last 3 days. */
export const growth: Expert = (counts, now, ahead) => {
  const width = counts.bins(3);
  const most = daysBefore(counts, now)
    .map((then) =>
      growthOf(meanUntil(counts, then, width), meanUntil(counts, then + ahead + (width >> 1), width)),
    )
    .reduce(larger);
  return meanUntil(counts, now, width) * Math.min(mostGrowth, most);
};

/** The mean of that very minute on the last 3 days, times the growth since then: it knows what cron starts. */
export const sameMinute: Expert = (counts, now, ahead) => {
  const width = counts.bins(levelMinutes);
  const days = daysBefore(counts, now)
    .map((then) => ({ count: counts.at(then + ahead), level: meanUntil(counts, then, width) }))
    .filter(({ count, level }) => !Number.isNaN(count + level));
  const grown = growthOf(mean(days.map(({ level }) => level)), meanUntil(counts, now, width));
  return mean(days.map(({ count }) => count)) * Math.min(mostGrowth, grown);
};

/** Names as metrics and pages show them. The first ones have a say from the start, all others after 2 days. */
export const experts = {
  last_minute: lastMinute,
  mean_of_3: meanOf3,
  max_of_10: maxOf10,
  high_of_60: highOf60,
  same_time: sameTime,
  growth,
  same_minute: sameMinute,
} as const satisfies Readonly<Record<string, Expert>>;

export type ExpertName = keyof typeof experts;

export const expertNames = Object.keys(experts) as readonly ExpertName[];

/** How many experts have a say from the start. */
export const recentExperts = 3;

const daysBefore = ({ binsPerDay }: MinuteCounts, minute: number): number[] =>
  seasonDays.map((days) => minute - days * binsPerDay);

/** Some counts are 0. */
const growthOf = (from: number, to: number): number => (to + 1) / (from + 1);

/** Math.max, but a number that is missing does not count. */
const larger = (one: number, other: number): number => (other > one || Number.isNaN(one) ? other : one);

/** Returns the highest count from one minute to another, both included. NaN: all are missing. */
export function highest(counts: MinuteCounts, from: number, to: number): number {
  let most = Number.NaN;
  for (let minute = from; minute <= to; minute++) most = larger(most, counts.at(minute));
  return most;
}

/** Returns an expert on the last minutes. At the start of history it cannot say before half of them are there. */
function ofLast(
  minutes: number,
  sayOf: (counts: MinuteCounts, now: number, width: number) => number,
): Expert {
  return (counts, now) => {
    const width = counts.bins(minutes);
    return now - counts.first + 1 < width / 2 ? Number.NaN : sayOf(counts, now, width);
  };
}

/** Returns the mean of the minutes that end with this one. NaN: all are missing. */
function meanUntil(counts: MinuteCounts, minute: number, width: number): number {
  let [sum, counted] = [0, 0];
  for (let at = minute - width + 1; at <= minute; at++) {
    const count = counts.at(at);
    if (Number.isNaN(count)) continue;
    sum += count;
    counted += 1;
  }
  return sum / counted;
}

/** NaN: there are no values. */
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
