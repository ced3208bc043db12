/** SLS queries of the last hour: one bar a minute, failed queries on top. */

import { at, make, makeSvg } from './dom.js';
import { clockText, counted, countText } from './format.js';

/** @typedef {import('./model.js').Minute} Minute */

const bars = 60;
const barWidth = 10;
const gap = 2;
const height = 72;

/** @type {(minutes: ReadonlyMap<number, Minute>, nowMs: number) => void} */
export function drawMinutes(minutes, nowMs) {
  const latest = Math.floor(nowMs / 60_000) * 60;
  const all = Array.from({ length: bars }, (_, index) => countsOf(minutes, latest - (bars - 1 - index) * 60));
  const most = Math.max(10, ...all.map(({ ok, failed }) => ok + failed));
  // The last complete minute; the current one if there is no other.
  const minute = countsOf(minutes, minutes.has(latest - 60) ? latest - 60 : latest);
  const { ok, failed } = minute;
  const svg = makeSvg('svg', {
    viewBox: `0 0 ${bars * barWidth} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `${counted(ok + failed, 'query', 'queries')} in the last minute, ${countText(failed)} failed`,
  });
  svg.append(...all.map((counts, index) => barOf(counts, index * barWidth + gap / 2, most)));
  const legend = make('p', 'legend small', make('span', 'key ok'), `${countText(ok)} succeeded`);
  if (failed > 0) legend.append(make('span', 'key failed'), `${countText(failed)} failed`);
  legend.append(make('span', 'quiet end', `full height: ${countText(most)}`));
  at('minutes').replaceChildren(svg, legend, make('p', 'reasons quiet small', reasonsText(minute)));
}

/** @param {ReturnType<typeof countsOf>} minute */
function reasonsText({ ok, failed, reads, due, cold, served, meanAgeSeconds }) {
  const others = Math.max(0, ok + failed - due - cold);
  const reasons = `${countText(due)} before reads were due, ${countText(cold)} while a read waited, ${counted(others, 'other', 'others')}`;
  const age = served === 0 ? '' : ` Readings were ${meanAgeSeconds.toFixed(1)} s old at their reads.`;
  return `${reasons}. One query for each read would be ${countText(reads)}.${age}`;
}

/** @type {Omit<Minute, 'startSeconds'>} */
const noMinute = { ok: 0, reads: 0, served: 0, meanAgeSeconds: 0, due: 0, cold: 0, failed: {} };

/**
 * @param {ReadonlyMap<number, Minute>} minutes
 * @param {number} start Unix seconds
 */
function countsOf(minutes, start) {
  const minute = minutes.get(start) ?? noMinute;
  const failed = Object.values(minute.failed).reduce((sum, count) => sum + count, 0);
  return { ...minute, start, failed, byCode: minute.failed };
}

/**
 * @param {ReturnType<typeof countsOf>} counts
 * @param {number} x
 * @param {number} most the count that is as high as the chart
 */
function barOf({ start, ok, reads, failed, byCode }, x, most) {
  const tall = (/** @type {number} */ count) => (count === 0 ? 0 : Math.max(2, (count / most) * height));
  const part = (/** @type {string} */ name, /** @type {number} */ bottom, /** @type {number} */ size) =>
    makeSvg('rect', {
      class: name,
      x,
      y: height - bottom - size,
      width: barWidth - gap,
      height: size,
      rx: 1,
    });
  const okHeight = tall(ok);
  const failures = Object.entries(byCode).map(([code, count]) => `${countText(count)} ${code}`);
  const parts = [`${countText(ok)} succeeded`, ...failures, counted(reads, 'read', 'reads')];
  const title = makeSvg('title', {});
  title.textContent = `${clockText(start * 1000)}: ${parts.join(', ')}`;
  const group = makeSvg('g', {});
  group.append(
    title,
    part('room', 0, height),
    part('ok', 0, okHeight),
    part('failed', okHeight, Math.min(height - okHeight, tall(failed))),
  );
  return group;
}
