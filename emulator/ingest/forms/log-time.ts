const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const shape = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;

/**
 * Returns the Unix time in seconds of nginx's `$time_local`, e.g. `23/Nov/2026:14:40:41 +0800`, or undefined if the
 * text has another format or is no valid date.
 */
export function parseLogTime(text: string): number | undefined {
  const [, day, month, year, hour, minute, second, sign, zoneHours, zoneMinutes] = shape.exec(text) ?? [];
  if (day === undefined || month === undefined || year === undefined) return undefined;
  const wallMs = Date.UTC(
    Number(year),
    months.indexOf(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  // Date.UTC makes 1/Dec of 31/Nov, and adds 1900 to years below 100.
  if (formatLogTime(wallMs / 1000) !== text.slice(0, text.indexOf(' '))) return undefined;
  const offsetMinutes = Number(zoneHours) * 60 + Number(zoneMinutes);
  const timeSeconds = wallMs / 1000 - (sign === '-' ? -60 : 60) * offsetMinutes;
  return timeSeconds >= 0 ? timeSeconds : undefined;
}

/** Returns a Unix time as in the `time` field of a log in UTC, without the zone: `23/Nov/2026:14:40:41`. */
export function formatLogTime(timeSeconds: number): string {
  const at = new Date(timeSeconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [two(at.getUTCDate()), months[at.getUTCMonth()], String(at.getUTCFullYear()).padStart(4, '0')];
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two);
  return `${date.join('/')}:${clock.join(':')}`;
}

const isoShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Returns the Unix time in whole seconds of an ISO 8601 time with zone, or undefined. */
export function parseIsoTime(text: string): number | undefined {
  if (!isoShape.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? undefined : Math.floor(ms / 1000);
}
