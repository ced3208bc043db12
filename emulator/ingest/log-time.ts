const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const shape = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;

/**
 * Unix time in seconds of nginx's `$time_local`, e.g. `23/Nov/2026:14:40:41 +0800`;
 * undefined if it is not one, or names a moment that no calendar has.
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
  // Date.UTC carries 31/Nov over into December, and takes years below 100 for the 1900s.
  if (formatLogTime(wallMs / 1000) !== text.slice(0, text.indexOf(' '))) return undefined;
  const offsetMinutes = Number(zoneHours) * 60 + Number(zoneMinutes);
  const timeSeconds = wallMs / 1000 - (sign === '-' ? -60 : 60) * offsetMinutes;
  return timeSeconds >= 0 ? timeSeconds : undefined;
}

/** The `time` field of a second of Unix time as nginx logs it in UTC, without the zone: `23/Nov/2026:14:40:41`. */
export function formatLogTime(timeSeconds: number): string {
  const at = new Date(timeSeconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [two(at.getUTCDate()), months[at.getUTCMonth()], String(at.getUTCFullYear()).padStart(4, '0')];
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two);
  return `${date.join('/')}:${clock.join(':')}`;
}
