/** The columns of the table, its order and its filter. */

/** @typedef {import('./model.js').Entry} Entry */
/** @typedef {import('./model.js').Model} Model */

/** Failing rows come first, whatever the column. */
export const states = /** @type {const} */ (['failing', 'refused', 'stale', 'waiting', 'fresh']);
const rank = new Map(states.map((state, index) => [state, index]));

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} title
 * @property {string} [hint]
 * @property {(entry: Entry, model: Model) => string | number} value the sort key; numbers sort in descending order
 */

/** @param {Entry} entry */
export const nameOf = ({ series, refused }) => series?.route ?? refused?.metric ?? '';

/** @type {readonly Column[]} */
export const columns = [
  { id: 'route', title: 'Reading', value: nameOf },
  { id: 'value', title: 'Value', value: ({ series }) => series?.value ?? -1 },
  {
    id: 'age',
    title: 'Age',
    hint: 'From the end of the window to now',
    value: ({ series }) => (series?.windowEndSeconds == null ? Infinity : -series.windowEndSeconds),
  },
  {
    id: 'window',
    title: 'Window',
    hint: 'Its length, and how long before the query it ended',
    value: ({ series }) => series?.windowSeconds ?? 0,
  },
  { id: 'hpa', title: 'Used by', value: (entry) => readerOf(entry) },
  {
    id: 'replicas',
    title: 'Replicas',
    hint: 'What the metric asks the HPA for: sum / target, between its minimum and maximum',
    value: ({ hpas: [first] }, model) => (first && model.demandOf(first.metric).replicas) ?? -1,
  },
  {
    id: 'source',
    title: 'Logstore',
    value: ({ series }) => (series === undefined ? '' : `${series.project}/${series.logstore}`),
  },
];

/** @param {Entry} entry */
function readerOf({ hpas: [first], series, refused }) {
  if (first !== undefined) return `${first.autoscaler.namespace}/${first.autoscaler.name}`;
  return series?.readers[0] ?? refused?.namespace ?? '\uffff';
}

/** @type {(entries: Entry[], column: Column, reversed: boolean, model: Model) => Entry[]} sorts in place */
export function sortEntries(entries, column, reversed, model) {
  const values = new Map(entries.map((entry) => [entry, column.value(entry, model)]));
  const sign = reversed ? -1 : 1;
  return entries.sort((one, other) => {
    const byState = (rank.get(one.state) ?? 0) - (rank.get(other.state) ?? 0);
    if (byState !== 0) return byState;
    const [a = '', b = ''] = [values.get(one), values.get(other)];
    const byValue = typeof a === 'number' && typeof b === 'number' ? compare(b, a) : compare(a, b);
    return byValue * sign || compare(nameOf(one), nameOf(other)) || compare(one.key, other.key);
  });
}

/** @type {(a: string | number, b: string | number) => number} */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * @param {readonly Entry[]} entries
 * @param {string} words an entry must contain all of them
 * @param {ReadonlySet<string>} shown states to show; empty for all
 */
export function filterEntries(entries, words, shown) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = shown.size === 0 ? entries : entries.filter(({ state }) => shown.has(state));
  if (wanted.length === 0) return [...found];
  return found.filter((entry) => {
    const text = textOf(entry).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/**
 * Returns the text that the filter searches.
 *
 * @param {Entry} entry
 */
function textOf({ series, refused, failure, state, hpas }) {
  if (series === undefined)
    return [refused?.namespace, refused?.autoscaler, refused?.metric, refused?.selector, failure?.code].join(
      ' ',
    );
  const { metric, project, logstore, route, filters, readers } = series;
  const names = hpas.map(({ autoscaler: { namespace, name } }) => `${namespace}/${name}`);
  const own = [metric, project, logstore, route ?? 'whole logstore', failure?.code, state];
  return [...own, ...Object.values(filters), ...readers, ...names].join(' ');
}
