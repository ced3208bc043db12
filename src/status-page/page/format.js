/** Numbers and times as text. */

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** @param {number} count */
export const countText = (count) => whole.format(count);

/** @type {(count: number, one: string, many: string) => string} */
export const counted = (count, one, many) => `${countText(count)} ${count === 1 ? one : many}`;

/**
 * @param {number} value
 * @param {string} unit of the metric, as in the catalogue
 * @returns {readonly [number: string, unit: string]}
 */
export function valueText(value, unit) {
  if (unit === 'ratio') return [plain.format(value * 100), '%'];
  if (unit === 'bytes/s') {
    const units = ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'];
    const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
    return [plain.format(value / 1000 ** step), units[step] ?? ''];
  }
  return [value >= 10_000 ? whole.format(value) : plain.format(value), unit.replace('requests/s', 'req/s')];
}

/** @param {number} seconds */
export function durationText(seconds) {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 100) return `${rounded} s`;
  if (rounded < 6000) return `${Math.round(rounded / 60)} min`;
  return `${Math.round(rounded / 3600)} h`;
}

/** @param {number} unixMs */
export const clockText = (unixMs) =>
  new Date(unixMs).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
