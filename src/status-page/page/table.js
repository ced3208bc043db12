/** One page of the table. Only the changed parts of a row are drawn again. */

import { at, make, makeSvg, setText } from './dom.js';
import { counted, countText, durationText, valueText } from './format.js';
import { historyLength } from './model.js';
import { columns } from './order.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Entry} Entry */

/** @typedef {ReturnType<typeof makeLine>} Line the elements of one row */

export const pageSize = 100;

/** Of a sparkline: a line chart of the last readings, whose scale starts at 0. */
const width = 96;
const height = 24;
const room = 2;

export class Table {
  /** @type {Map<string, Line>} by the key of the entry */
  #lines = new Map();

  /** @type {(entries: readonly Entry[], model: Model) => void} */
  draw(entries, model) {
    /** @type {Map<string, Line>} */
    const next = new Map();
    for (const entry of entries) {
      const line = this.#lines.get(entry.key) ?? makeLine();
      drawLine(line, entry, model);
      next.set(entry.key, line);
    }
    for (const [key, { row }] of this.#lines) if (!next.has(key)) row.remove();
    this.#lines = next;
    const body = at('rows');
    let place = body.firstElementChild;
    for (const { row } of next.values()) {
      if (row === place) place = place.nextElementSibling;
      else body.insertBefore(row, place);
    }
  }
}

function makeLine() {
  const dot = make('span', 'dot');
  const spark = makeSparkline();
  const texts = [make('b', 'name'), make('small', 'quiet'), make('small', 'failure')];
  const value = [make('span', 'number'), make('span', 'unit quiet')];
  const others = columns
    .slice(2)
    .map(({ id }) => [make(id === 'replicas' ? 'b' : 'span', ''), make('small', 'quiet')]);
  const cells = columns.map(({ id, title }, index) => {
    const cell = make('td', id);
    cell.dataset['title'] = title;
    cell.append(...([[dot, ...texts], [spark, ...value], ...others][index] ?? []));
    return cell;
  });
  return {
    row: make('tr', '', ...cells),
    dot,
    spark,
    /** The readings that `spark` shows. */
    drawn: /** @type {string | undefined} */ (undefined),
    /** In the order of `textsOf`. */
    texts: [texts, value, ...others].flat(),
  };
}

/** @type {(line: Line, entry: Entry, model: Model) => void} */
function drawLine(line, entry, model) {
  line.row.className = entry.state;
  line.dot.title = entry.state;
  const texts = textsOf(entry, model);
  for (const [index, element] of line.texts.entries()) setText(element, texts[index] ?? '');
  const history = entry.series?.history ?? [];
  const drawn = history.join();
  if (line.drawn === drawn) return;
  line.drawn = drawn;
  drawSparkline(line.spark, history);
}

/**
 * Returns three texts of the first column, and two of each other one.
 *
 * @type {(entry: Entry, model: Model) => readonly string[]}
 */
function textsOf(entry, model) {
  const { series, refused, failure } = entry;
  const why = failure === null ? '' : `${failure.code}: ${failure.remedy}`;
  const usage = [...readerTexts(entry), ...replicaTexts(entry, model)];
  if (series === undefined)
    return [refused?.metric ?? '', refused?.selector ?? '', why, '–', '', '–', '', '', '', ...usage];
  const { route, metric, filters, value, unit, windowSeconds, windowEndSeconds, delaySeconds } = series;
  const what = [metric, ...Object.entries(filters).map(([name, text]) => `${name} ${text}`)].join(' · ');
  const isServed = value !== null && entry.state !== 'failing';
  const age = windowEndSeconds === null ? '–' : durationText(model.nowMs() / 1000 - windowEndSeconds);
  const delay = delaySeconds === null ? '' : `${delaySeconds} s delay`;
  return [
    ...[route ?? `all of ${series.logstore}`, what, why],
    ...(isServed ? valueText(value, unit) : ['–', '']),
    ...[age, ''],
    ...[`${windowSeconds} s`, delay],
    ...usage,
    ...[series.project, series.logstore],
  ];
}

/** @param {Entry} entry */
function readerTexts({ hpas: [first, ...others], series, refused }) {
  if (first !== undefined) {
    const { namespace, name } = first.autoscaler;
    const more = others.length > 0 ? `, and ${counted(others.length, 'other', 'others')}` : '';
    return [name, `${namespace}${more}`];
  }
  if (refused !== undefined)
    return refused.autoscaler === null
      ? ['read', `in ${refused.namespace}`]
      : [refused.autoscaler, refused.namespace];
  const [reader, ...more] = series?.readers ?? [];
  if (reader === undefined) return ['–', ''];
  return ['read', `in ${reader}${more.length > 0 ? ` and ${more.length} more` : ''}`];
}

/** @type {(entry: Entry, model: Model) => readonly string[]} */
function replicaTexts({ hpas: [hpa], series }, model) {
  const target = hpa?.metric.target;
  if (hpa === undefined || target == null) return ['–', ''];
  const { sum, replicas } = model.demandOf(hpa.metric);
  const [number, unit] = valueText(target.value, series?.unit ?? '');
  const aim = `${number} ${unit}`;
  if (target.kind === 'Value')
    return [sum === undefined ? '–' : `× ${(sum / target.value).toFixed(2)}`, `of ${aim} in total`];
  if (replicas === undefined) return ['–', `at ${aim} each`];
  const bound = replicas === target.maxReplicas ? ', its maximum' : '';
  return [countText(replicas), `at ${aim} each${bound}`];
}

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
