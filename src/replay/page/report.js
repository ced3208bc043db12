/** Fills the page of a report and draws its plots. `uPlot` is inlined before this script. */

/**
 * @typedef {object} Report
 * @property {string} title
 * @property {string} what
 * @property {string} phases
 * @property {string} unit
 * @property {string[]} head
 * @property {string[][]} rows
 * @property {number[]} times
 * @property {number[]} demand
 * @property {(number | null)[]} reading
 * @property {number[]} needed
 * @property {number[]} replicas
 * @property {number[]} ready
 * @property {number[]} overloaded
 * @property {string[]} limits
 * @property {Sweep=} sweep
 *
 * @typedef {object} Sweep
 * @property {number[]} podHours
 * @property {(number | null)[]} minutes
 * @property {(number | null)[]} front
 * @property {(number | null)[]} present
 * @property {(number | null)[]} recommended
 * @property {string[]} head
 * @property {string[][]} rows
 * @property {number} chosen
 * @property {string} reason
 * @property {string} manifest
 */

/** @typedef {typeof import('uplot')} Library */
/** @typedef {import('uplot')} Plot */
/** @typedef {import('uplot').Options} Options */
/** @typedef {import('uplot').Series} Series */
/** @typedef {import('uplot').AlignedData} Data */

const { uPlot: Plotter } = /** @type {{ uPlot: Library }} */ (/** @type {unknown} */ (globalThis));

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Report} */
const report = JSON.parse(element('data').textContent ?? '');

/**
 * @param {string} id
 * @param {string} text
 */
const write = (id, text) => {
  element(id).textContent = text;
};

/**
 * @param {string} id
 * @param {string[]} head
 * @param {string[][]} rows
 * @param {number} chosen
 */
function fillTable(id, head, rows, chosen) {
  const table = element(id);
  table.className = 'figures';
  for (const [index, cells] of [head, ...rows].entries()) {
    const row = document.createElement('tr');
    if (index - 1 === chosen) row.className = 'chosen';
    for (const text of cells) {
      const cell = document.createElement(index === 0 ? 'th' : 'td');
      cell.textContent = text;
      row.append(cell);
    }
    table.append(row);
  }
}

/** @param {string} name */
const color = (name) => {
  // A canvas does not know light-dark(), so the browser has to resolve it.
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

/** @param {string} label */
const axis = (label) => ({
  label,
  stroke: color('quiet'),
  grid: { stroke: color('line'), width: 1 },
  ticks: { stroke: color('line'), width: 1 },
  labelSize: 18,
  size: 54,
});

/**
 * @param {string} label
 * @param {string} name
 * @param {Partial<Series>} more
 */
const line = (label, name, more = {}) => ({
  label,
  stroke: color(name),
  width: 1.5,
  points: { show: false },
  ...more,
});

/** Steps hold until the next value. */
const steps = () => {
  const paths = Plotter.paths.stepped?.({ align: 1 });
  return paths === undefined ? {} : { paths };
};

/** @param {Plot} plot */
function markOverload(plot) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = color('bad-soft');
  for (const [index, seconds] of report.overloaded.entries()) {
    if (seconds === 0) continue;
    const from = plot.valToPos(report.times[index] ?? 0, 'x', true);
    const to = plot.valToPos(report.times[index + 1] ?? report.times[index] ?? 0, 'x', true);
    ctx.fillRect(from, bbox.top, Math.max(1, to - from), bbox.height);
  }
  ctx.restore();
}

/** @type {Plot[]} */
let plots = [];

/**
 * @param {string} id
 * @param {Omit<Options, 'width' | 'height'>} options
 * @param {Data} data
 */
function draw(id, options, data) {
  const place = element(id);
  // All times of the page are UTC.
  const tzDate = (/** @type {number} */ seconds) => Plotter.tzDate(new Date(seconds * 1000), 'Etc/UTC');
  plots.push(new Plotter({ ...options, tzDate, width: place.clientWidth, height: 240 }, data, place));
}

function drawAll() {
  for (const plot of plots) plot.destroy();
  plots = [];
  const { times, demand, reading, needed, replicas, ready, unit, sweep } = report;
  const cursor = { sync: { key: 'time' } };
  draw(
    'traffic',
    {
      cursor,
      axes: [axis(''), axis(unit)],
      series: [{}, line('demand', 'third'), line('reading', 'first', steps())],
    },
    [times, demand, reading],
  );
  draw(
    'pods',
    {
      cursor,
      axes: [axis(''), axis('pods')],
      hooks: { drawClear: [markOverload] },
      series: [
        {},
        line('needed', 'third'),
        line('replicas', 'first', steps()),
        line('ready', 'second', { ...steps(), dash: [5, 3] }),
      ],
    },
    [times, needed, replicas, ready],
  );
  if (sweep !== undefined) drawFront(sweep);
}

/** @param {Sweep} sweep */
function drawFront({ podHours, minutes, front, present, recommended }) {
  const points = (/** @type {string} */ name, /** @type {number} */ size) => ({
    paths: () => null,
    points: { show: true, size, stroke: color(name), fill: color(name) },
  });
  const dot = { fill: color('third'), stroke: color('third'), size: 3, show: true };
  draw(
    'front',
    {
      scales: { x: { time: false } },
      axes: [axis('pod-hours'), axis('overloaded, minutes')],
      series: [
        { label: 'pod-hours' },
        line('settings', 'third', { paths: () => null, points: dot }),
        line('front', 'first', { spanGaps: true }),
        line('as it is', 'bad', points('bad', 10)),
        line('recommended', 'first', points('first', 10)),
      ],
    },
    [podHours, minutes, front, present, recommended],
  );
}

document.title = report.title;
write('title', report.title);
write('what', report.what);
write('phases', report.phases);
fillTable('figures', report.head, report.rows, -1);
for (const limit of report.limits) {
  const item = document.createElement('li');
  item.textContent = limit;
  element('limits').append(item);
}
if (report.sweep !== undefined) {
  element('sweep').hidden = false;
  fillTable('settings', report.sweep.head, report.sweep.rows, report.sweep.chosen);
  write('reason', report.sweep.reason);
  write('manifest', report.sweep.manifest);
}
drawAll();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
new ResizeObserver(() => {
  for (const plot of plots) {
    const width = plot.root.parentElement?.clientWidth ?? plot.width;
    if (width !== plot.width) plot.setSize({ width, height: 240 });
  }
}).observe(document.body);
document.body.dataset['ready'] = 'true';
