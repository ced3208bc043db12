/** A line chart of the last readings; its scale starts at 0. */

import { makeSvg } from './dom.js';
import { historyLength } from './model.js';

const width = 96;
const height = 24;
const room = 2;

/** @returns {SVGSVGElement} empty; `drawSparkline` fills it */
export function makeSparkline() {
  const svg = makeSvg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'spark', 'aria-hidden': 'true' });
  const dot = makeSvg('circle', { r: 2 });
  svg.append(makeSvg('path', { class: 'spark-area' }), makeSvg('path', { class: 'spark-line' }), dot);
  return svg;
}

/**
 * @param {SVGSVGElement} svg
 * @param {readonly number[]} history the oldest first
 */
export function drawSparkline(svg, history) {
  const [area, line, dot] = svg.children;
  const most = Math.max(...history, 0);
  const step = (width - 2 * room) / (historyLength - 1);
  const left = width - room - step * (history.length - 1);
  const points = history.map((value, index) => {
    const share = most === 0 ? 0 : value / most;
    return [left + index * step, height - room - share * (height - 2 * room)].map((place) =>
      place.toFixed(1),
    );
  });
  const path = points.length > 1 ? `M${points.map((point) => point.join(' ')).join('L')}` : '';
  line?.setAttribute('d', path);
  area?.setAttribute('d', path && `${path}L${width - room} ${height}L${left.toFixed(1)} ${height}Z`);
  const [x = '-9', y = '-9'] = points.at(-1) ?? [];
  dot?.setAttribute('cx', x);
  dot?.setAttribute('cy', y);
}
