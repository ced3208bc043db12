/** SLS queries of the last hour: one bar a minute, failed queries on top. */

import { at, make, makeSvg } from './dom.js';
import { clockText, counted, countText } from './format.js';

/** @typedef {import('./model.js').Minute} Minute */

const bars = 60;
const barWidth = 10;
const gap = 2;
const height = 72;

/** @param {Minute | undefined} minute */
const failuresOf = (minute) => Object.values(minute?.failed ?? {}).reduce((sum, count) => sum + count, 0);

/**
 * @param {ReadonlyMap<number, Minute>} minutes
 * @param {number} nowMs
 */
export function drawMinutes(minutes, nowMs) {
  const latest = Math.floor(nowMs / 60_000) * 60;
  const all = Array.from({ length: bars }, (_, index) => latest - (bars - 1 - index) * 60);
  const most = Math.max(
    10,
    ...all.map((start) => (minutes.get(start)?.ok ?? 0) + failuresOf(minutes.get(start))),
  );
  const svg = makeSvg('svg', { viewBox: `0 0 ${bars * barWidth} ${height}`, preserveAspectRatio: 'none' });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', sentenceOf(minutes, latest));
  for (const [index, start] of all.entries()) {
    const minute = minutes.get(start);
    const failed = failuresOf(minute);
    const ok = minute?.ok ?? 0;
    const group = makeSvg('g', {});
    const title = makeSvg('title', {});
    title.textContent = titleOf(start, minute);
    const tall = (/** @type {number} */ count) => (count === 0 ? 0 : Math.max(2, (count / most) * height));
    const okHeight = tall(ok);
    const failedHeight = Math.min(height - okHeight, tall(failed));
    const x = index * barWidth + gap / 2;
    const bar = (/** @type {string} */ name, /** @type {number} */ bottom, /** @type {number} */ size) =>
      makeSvg('rect', {
        class: name,
        x,
        y: height - bottom - size,
        width: barWidth - gap,
        height: size,
        rx: 1,
      });
    group.append(
      title,
      bar('bar-room', 0, height),
      bar('bar-ok', 0, okHeight),
      bar('bar-failed', okHeight, failedHeight),
    );
    svg.append(group);
  }
  at('minutes').replaceChildren(svg, legendOf(minutes, latest, most));
}

/**
 * @param {number} start
 * @param {Minute | undefined} minute
 */
function titleOf(start, minute) {
  const failed = Object.entries(minute?.failed ?? {}).map(([code, count]) => `${countText(count)} ${code}`);
  const parts = [
    `${countText(minute?.ok ?? 0)} succeeded`,
    ...failed,
    counted(minute?.reads ?? 0, 'read', 'reads'),
  ];
  return `${clockText(start * 1000)}: ${parts.join(', ')}`;
}

/** The last complete minute; the current one if there is no other. */
const completeMinute = (/** @type {ReadonlyMap<number, Minute>} */ minutes, /** @type {number} */ latest) =>
  minutes.get(latest - 60) ?? minutes.get(latest);

/**
 * @param {ReadonlyMap<number, Minute>} minutes
 * @param {number} latest
 */
function sentenceOf(minutes, latest) {
  const minute = completeMinute(minutes, latest);
  const queries = (minute?.ok ?? 0) + failuresOf(minute);
  return `${counted(queries, 'query', 'queries')} in the last minute, ${countText(failuresOf(minute))} failed`;
}

/**
 * @param {ReadonlyMap<number, Minute>} minutes
 * @param {number} latest
 * @param {number} most
 */
function legendOf(minutes, latest, most) {
  const minute = completeMinute(minutes, latest);
  const failed = failuresOf(minute);
  const legend = make('p', 'legend', make('span', 'key key-ok'), `${countText(minute?.ok ?? 0)} succeeded`);
  if (failed > 0) legend.append(make('span', 'key key-failed'), `${countText(failed)} failed`);
  legend.append(make('span', 'quiet', `for ${counted(minute?.reads ?? 0, 'read', 'reads')}`));
  legend.append(make('span', 'quiet most', `full height: ${countText(most)}`));
  return legend;
}
