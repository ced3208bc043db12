/** One page of the table. Only the changed parts of a row are drawn again. */

import { at, make, setText } from './dom.js';
import { counted, countText, durationText, valueText } from './format.js';
import { columns } from './order.js';
import { drawSparkline, makeSparkline } from './sparkline.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Entry} Entry */

export const pageSize = 100;

export class Table {
  /** @type {Map<string, HTMLTableRowElement>} by the key of the entry */
  #lines = new Map();

  /**
   * @param {readonly Entry[]} entries of this page
   * @param {Model} model
   */
  draw(entries, model) {
    const body = at('rows');
    /** @type {Map<string, HTMLTableRowElement>} */
    const next = new Map();
    for (const entry of entries) {
      const line = this.#lines.get(entry.key) ?? makeLine();
      drawLine(line, entry, model);
      next.set(entry.key, line);
    }
    for (const [key, line] of this.#lines) if (!next.has(key)) line.remove();
    this.#lines = next;
    let place = body.firstElementChild;
    for (const line of next.values()) {
      if (line === place) place = place.nextElementSibling;
      else body.insertBefore(line, place);
    }
  }
}

function makeLine() {
  const line = make('tr', '');
  for (const { id, title } of columns) {
    const cell = make('td', id);
    cell.dataset['title'] = title;
    line.append(cell);
  }
  const [route, value, age, range, hpa, replicas, source] = line.children;
  route?.append(make('span', 'dot'), make('b', 'name'), make('span', 'metric'), make('p', 'failure'));
  value?.append(makeSparkline(), make('span', 'number'), make('span', 'unit'));
  age?.append(make('span', ''));
  range?.append(make('span', ''), make('span', 'below'));
  hpa?.append(make('span', ''), make('span', 'below'));
  replicas?.append(make('b', ''), make('span', 'below'));
  source?.append(make('span', ''), make('span', 'below'));
  return line;
}

/**
 * @param {HTMLTableRowElement} line
 * @param {Entry} entry
 * @param {Model} model
 */
function drawLine(line, entry, model) {
  const { state, series, refused, failure } = entry;
  line.className = state;
  const [route, value, age, range, hpa, replicas, source] = line.cells;
  const filters = Object.entries(series?.filters ?? {}).map(([name, text]) => `${name} ${text}`);
  const name = series === undefined ? (refused?.metric ?? '') : (series.route ?? `all of ${series.logstore}`);
  const metric = series === undefined ? (refused?.selector ?? '') : [series.metric, ...filters].join(' · ');
  const why = failure === null ? '' : `${failure.code}: ${failure.remedy}`;
  fill(route, [state, name, metric, why], 1);
  route?.children[0]?.setAttribute('title', state);
  drawValue(value, entry);
  fill(age, [ageText(entry, model)]);
  const delay = series?.delaySeconds == null ? '' : `${series.delaySeconds} s delay`;
  fill(range, [series === undefined ? '' : `${series.windowSeconds} s`, delay]);
  fill(hpa, readerTexts(entry));
  fill(replicas, replicaTexts(entry, model));
  fill(source, [series?.project ?? '', series?.logstore ?? '']);
}

/**
 * @param {HTMLTableCellElement | undefined} cell
 * @param {readonly string[]} texts one for each child
 * @param {number} [from] the first child that gets its text
 */
function fill(cell, texts, from = 0) {
  for (let index = from; index < texts.length; index++) {
    const child = cell?.children[index];
    if (child !== undefined) setText(child, texts[index] ?? '');
  }
}

/**
 * @param {HTMLTableCellElement | undefined} cell
 * @param {Entry} entry
 */
function drawValue(cell, { series, state }) {
  const isServed = series?.value != null && state !== 'failing';
  const [number, unit] = isServed ? valueText(series.value ?? 0, series.unit) : ['–', ''];
  fill(cell, ['', number, unit], 1);
  const [spark] = cell?.children ?? [];
  const drawn = JSON.stringify(series?.history ?? []);
  if (!(spark instanceof SVGSVGElement) || cell?.dataset['drawn'] === drawn) return;
  if (cell !== undefined) cell.dataset['drawn'] = drawn;
  drawSparkline(spark, series?.history ?? []);
}

/**
 * @param {Entry} entry
 * @param {Model} model
 */
function ageText({ series }, model) {
  if (series?.windowEndSeconds == null) return '–';
  return durationText(model.nowMs() / 1000 - series.windowEndSeconds);
}

/** @param {Entry} entry */
function readerTexts({ hpas: [first, ...others], series, refused }) {
  if (first !== undefined) {
    const { namespace, name } = first.autoscaler;
    return [
      name,
      others.length > 0 ? `${namespace}, and ${counted(others.length, 'other', 'others')}` : namespace,
    ];
  }
  if (refused !== undefined)
    return refused.autoscaler === null
      ? ['read', `in ${refused.namespace}`]
      : [refused.autoscaler, refused.namespace];
  const [reader, ...more] = series?.readers ?? [];
  if (reader === undefined) return ['–', ''];
  return ['read', `in ${reader}${more.length > 0 ? ` and ${more.length} more` : ''}`];
}

/**
 * @param {Entry} entry
 * @param {Model} model
 */
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
