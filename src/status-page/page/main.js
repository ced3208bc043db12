/** The status page: draws the data that the adapter sends by server-sent events. */

import { at, make, setText } from './dom.js';
import { clockText, countText } from './format.js';
import { drawForecasts } from './forecasts.js';
import { Link } from './link.js';
import { drawMinutes } from './minutes.js';
import { Model } from './model.js';
import { columns, filterEntries, sortEntries } from './order.js';
import { drawProjects, drawStates, drawTroubles, headlineOf } from './overview.js';
import { pageSize, Table } from './table.js';

const model = new Model();
const table = new Table();
const filter = /** @type {HTMLInputElement} */ (at('filter'));
const sort = /** @type {HTMLSelectElement} */ (at('sort'));
/** @type {Set<string>} */
const shownStates = new Set();
let column = columns[0];
let reversed = false;
let page = 0;

function draw() {
  drawLink();
  const { head } = model;
  // While a new connection sends all data, the page keeps the previous data.
  if (head === undefined || !model.ready) return;
  setText(at('version'), head.version);
  if (!link.isLost) {
    setText(at('headline'), headlineOf(head));
    document.body.dataset['health'] =
      head.counts.failing + head.counts.refused > 0 ? 'failing' : head.counts.stale > 0 ? 'stale' : 'fresh';
  }
  drawStates(head, shownStates, toggleState);
  drawMinutes(model.minutes, model.nowMs());
  drawProjects(head);
  const entries = model.entries();
  drawTroubles(entries, search);
  drawTable(entries);
  document.body.dataset['ready'] = String(model.ready);
}

/** Without a connection, the headline says that the data is out of date. */
function drawLink() {
  const { isOpen, isLost, lastEventMs } = link;
  at('link').dataset['link'] = isOpen ? 'live' : 'connecting';
  setText(at('link'), isOpen ? 'live' : 'connecting');
  at('lost').hidden = !isLost;
  if (!isLost) return;
  const since = model.head === undefined ? '' : ` since ${clockText(lastEventMs)}`;
  setText(at('headline'), `No connection to the adapter${since}`);
  document.body.dataset['health'] = 'lost';
}

/** @param {import('./model.js').Entry[]} entries */
function drawTable(entries) {
  const found = filterEntries(entries, filter.value, shownStates);
  if (column !== undefined) sortEntries(found, column, reversed, model);
  page = Math.min(page, Math.max(0, Math.ceil(found.length / pageSize) - 1));
  const first = page * pageSize;
  const shown = found.slice(first, first + pageSize);
  table.draw(shown, model);
  const range = found.length === 0 ? 'none' : `${countText(first + 1)}–${countText(first + shown.length)}`;
  const all = found.length === entries.length ? '' : `, of ${countText(entries.length)}`;
  setText(at('range'), `${range} of ${countText(found.length)}${all}`);
  /** @type {HTMLButtonElement} */ (at('previous')).disabled = page === 0;
  /** @type {HTMLButtonElement} */ (at('next')).disabled = first + pageSize >= found.length;
}

/** @type {number | undefined} */
let due;

/** Draws once for all events that arrive within a moment. */
function drawSoon() {
  // Not by animation frames: a page in the background gets none, and would be out of date when it is shown.
  due ??= setTimeout(() => {
    due = undefined;
    draw();
  }, 30);
}

/** @param {number} shown */
function showPage(shown) {
  page = shown;
  draw();
}

/** @param {string} state */
function toggleState(state) {
  if (!shownStates.delete(state)) shownStates.add(state);
  showPage(0);
}

/** @param {string} words */
function search(words) {
  filter.value = filter.value === words ? '' : words;
  showPage(0);
}

/** @param {string} id */
function sortBy(id) {
  const next = columns.find((one) => one.id === id);
  reversed = next === column && !reversed;
  column = next;
  sort.value = id;
  showOrder();
  draw();
}

function showOrder() {
  for (const header of at('columns').children) {
    const isSorted = header instanceof HTMLElement && header.dataset['column'] === column?.id;
    header.setAttribute('aria-sort', isSorted ? (reversed ? 'descending' : 'ascending') : 'none');
  }
}

function makeColumns() {
  for (const { id, title, hint } of columns) {
    const button = make('button', '', title);
    button.type = 'button';
    if (hint !== undefined) button.title = hint;
    button.addEventListener('click', () => sortBy(id));
    const header = make('th', id, button);
    header.scope = 'col';
    header.dataset['column'] = id;
    at('columns').append(header);
    const option = make('option', '', title.toLowerCase());
    option.value = id;
    sort.append(option);
  }
  sort.addEventListener('change', () => sortBy(sort.value));
  showOrder();
}

/** @param {(data: any) => void} apply */
const applied = (apply) => (/** @type {any} */ data) => {
  apply(data);
  drawSoon();
};

const link = new Link({
  open: applied(() => model.reset()),
  head: applied((head) => model.applyHead(head)),
  rows: applied((rows) => model.applySeries(rows)),
  readings: applied((readings) => model.applyReadings(readings)),
  autoscalers: applied((autoscalers) => model.applyAutoscalers(autoscalers)),
  forecasts: drawForecasts,
  gone: applied((ids) => model.applyGone(ids)),
  ready: applied(() => (model.ready = true)),
});

makeColumns();
filter.addEventListener('input', () => showPage(0));
at('previous').addEventListener('click', () => showPage(page - 1));
at('next').addEventListener('click', () => showPage(page + 1));
// Ages grow between events.
setInterval(draw, 1000);
