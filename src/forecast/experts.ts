import type { MinuteCounts } from './minute-counts.ts';

/**
 * A simple way to say what comes. It looks at no minute after `now`, and leaves out those that are missing.
 *
 * @returns a count a minute; NaN: it cannot say
 */
export type Expert = (counts: MinuteCounts, now: number, ahead: number) => number;

/** How many days back the seasonal experts look. */
const seasonDays = 3;
/** How far from the time of day, since days are not alike to the minute. */
const toleranceMinutes = 3;
const mostGrowth = 4;

export const lastMinute: Expert = (counts, now) => counts.at(now);

export const meanOf3: Expert = (counts, now) => meanUntil(counts, now, counts.bins(3));

export const maxOf10: Expert = (counts, now) => highest(counts, now - counts.bins(10) + 1, now);

/** The most at that time of day, and 3 minutes before and after it, on the last 3 days. */
export const sameTime: Expert = (counts, now, ahead) => {
  const around = counts.bins(toleranceMinutes);
  let most = Number.NaN;
  for (let day = 1; day <= seasonDays; day++) {
    const then = now + ahead - day * counts.binsPerDay;
    most = larger(most, highest(counts, then - around, Math.min(now, then + around)));
  }
  return most;
};

/** What is now, times the largest growth from this time of day to that one on the last 3 days. */
export const growth: Expert = (counts, now, ahead) => {
  const width = counts.bins(3);
  let most = Number.NaN;
  for (let day = 1; day <= seasonDays; day++) {
    const then = now - day * counts.binsPerDay;
    const from = meanUntil(counts, then, width);
    const to = meanUntil(counts, then + ahead + (width - 1) / 2, width);
    most = larger(most, (to + 1) / (from + 1));
  }
  return meanOf3(counts, now, ahead) * Math.min(mostGrowth, most);
};

/** Names as metrics and pages show them. The seasonal ones come last. */
export const experts = {
  last_minute: lastMinute,
  mean_of_3: meanOf3,
  max_of_10: maxOf10,
  same_time: sameTime,
  growth,
} as const satisfies Readonly<Record<string, Expert>>;

export type ExpertName = keyof typeof experts;

export const expertNames = Object.keys(experts) as readonly ExpertName[];

/** How many experts do without earlier days. */
export const recentExperts = 3;

/** Math.max, but a number that is missing does not count. */
const larger = (one: number, other: number): number => (other > one || Number.isNaN(one) ? other : one);

/** Returns the highest count from one minute to another, both included. NaN: all are missing. */
export function highest(counts: MinuteCounts, from: number, to: number): number {
  let most = Number.NaN;
  for (let minute = from; minute <= to; minute++) most = larger(most, counts.at(minute));
  return most;
}

/** Returns the mean of the minutes that end with this one. NaN: all are missing. */
function meanUntil(counts: MinuteCounts, minute: number, width: number): number {
  let [sum, counted] = [0, 0];
  for (let back = 0; back < width; back++) {
    const count = counts.at(minute - back);
    if (Number.isNaN(count)) continue;
    sum += count;
    counted += 1;
  }
  return sum / counted;
}
