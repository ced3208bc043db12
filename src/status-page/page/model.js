/** What the adapter has told so far, and what follows from it. */

const historyLength = 30;

/**
 * @typedef {import('../../status/status-document.ts').StatusHead} Head
 * @typedef {import('../../status/status-document.ts').SeriesStatus} Series
 * @typedef {import('../../status/status-document.ts').AutoscalerStatus} Autoscaler
 * @typedef {import('../../status/status-document.ts').AutoscalerMetricStatus} AutoscalerMetric
 * @typedef {import('../../status/status-document.ts').RefusedStatus} Refused
 * @typedef {import('../../status/status-document.ts').FailureStatus} Failure
 * @typedef {import('../../status/status-document.ts').ReadingChange} ReadingChange
 * @typedef {import('../../status/query-minutes.ts').QueryMinute} Minute
 * @typedef {{ autoscaler: Autoscaler, metric: AutoscalerMetric }} Asker
 */

/**
 * One line of the table.
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {'failing' | 'refused' | 'stale' | 'waiting' | 'fresh'} state
 * @property {Series | undefined} series undefined where the read is refused
 * @property {Refused | undefined} refused
 * @property {Failure | null} failure
 * @property {readonly Asker[]} askers
 * @property {string} text for the filter, in lower case
 */

export class Model {
  /** @type {Head | undefined} */
  head;
  /** Whether all series have come. */
  ready = false;
  /** @type {Map<number, Minute>} */
  minutes = new Map();
  /** @type {Map<number, Entry>} */
  #entries = new Map();
  /** @type {Map<string, Autoscaler>} */
  #autoscalers = new Map();
  /** @type {Map<number, Asker[]>} */
  #askers = new Map();
  #clockLeadMs = 0;

  /** Begins anew: another connection tells everything again. */
  reset() {
    this.ready = false;
    this.#entries.clear();
    this.#autoscalers.clear();
    this.#askers.clear();
  }

  /** The adapter's clock. */
  nowMs() {
    return Date.now() + this.#clockLeadMs;
  }

  /** @param {Head} head */
  applyHead(head) {
    this.head = head;
    this.#clockLeadMs = head.nowMs - Date.now();
    for (const minute of head.minutes) this.minutes.set(minute.startSeconds, minute);
    for (const start of this.minutes.keys()) if (start < head.nowMs / 1000 - 3660) this.minutes.delete(start);
  }

  /** @param {readonly Series[]} all */
  applySeries(all) {
    for (const series of all) this.#entries.set(series.id, this.#entryOf({ ...series }));
  }

  /** @param {readonly ReadingChange[]} changes */
  applyReadings(changes) {
    for (const [id, value, windowEndSeconds, plannedAtMs, delaySeconds] of changes) {
      const series = this.#entries.get(id)?.series;
      if (series === undefined || plannedAtMs <= (series.plannedAtMs ?? 0)) continue;
      const history = [...series.history, value].slice(-historyLength);
      Object.assign(series, { value, windowEndSeconds, plannedAtMs, delaySeconds, history });
    }
  }

  /** @param {readonly Autoscaler[]} changed */
  applyAutoscalers(changed) {
    for (const autoscaler of changed) {
      const key = `${autoscaler.namespace}/${autoscaler.name}`;
      const before = this.#autoscalers.get(key);
      if (before !== undefined) this.#unlink(before);
      this.#autoscalers.delete(key);
      if (autoscaler.metrics.length === 0) continue;
      this.#autoscalers.set(key, autoscaler);
      for (const metric of autoscaler.metrics)
        for (const id of metric.series) this.#link(id, [...this.askersOf(id), { autoscaler, metric }]);
    }
  }

  /** @param {readonly number[]} ids */
  applyGone(ids) {
    for (const id of ids) this.#entries.delete(id);
  }

  /** @param {number} id */
  askersOf(id) {
    return this.#askers.get(id) ?? [];
  }

  /** @returns {Entry[]} */
  entries() {
    return [...(this.head?.refused ?? []).map(refusedEntry), ...this.#entries.values()];
  }

  /**
   * The metric as the HPA sees it: the sum of its series.
   *
   * @param {AutoscalerMetric} metric
   * @returns {{ sum: number | undefined, replicas: number | undefined }}
   */
  wanted({ series: ids, target }) {
    let sum = 0;
    for (const id of ids) {
      const value = this.#entries.get(id)?.series?.value;
      if (value === null || value === undefined) return { sum: undefined, replicas: undefined };
      sum += value;
    }
    if (target === null || target.kind === 'Value') return { sum, replicas: undefined };
    const asked = Math.ceil(sum / target.value);
    return { sum, replicas: Math.min(target.maxReplicas, Math.max(target.minReplicas, asked)) };
  }

  /** @param {Series} series */
  #entryOf(series) {
    const askers = this.askersOf(series.id);
    const { id, state, failure } = series;
    const text = textOf(series, askers);
    return { key: `s${id}`, state, series, refused: undefined, failure, askers, text };
  }

  /** @param {Autoscaler} autoscaler */
  #unlink(autoscaler) {
    for (const metric of autoscaler.metrics)
      for (const id of metric.series)
        this.#link(
          id,
          this.askersOf(id).filter((asker) => asker.autoscaler !== autoscaler),
        );
  }

  /**
   * @param {number} id
   * @param {Asker[]} askers
   */
  #link(id, askers) {
    if (askers.length === 0) this.#askers.delete(id);
    else this.#askers.set(id, askers);
    const series = this.#entries.get(id)?.series;
    if (series !== undefined) this.#entries.set(id, this.#entryOf(series));
  }
}

/**
 * @param {Refused} refused
 * @returns {Entry}
 */
function refusedEntry(refused) {
  const { namespace, autoscaler, metric, selector, code, what } = refused;
  const key = `r${JSON.stringify([namespace, autoscaler, metric, selector, what])}`;
  const text = [namespace, autoscaler, metric, selector, code].join(' ').toLowerCase();
  return { key, state: 'refused', series: undefined, refused, failure: refused, askers: [], text };
}

/**
 * @param {Series} series
 * @param {readonly Asker[]} askers
 */
function textOf({ metric, project, logstore, route, filters, readers, failure, state }, askers) {
  const names = askers.map(({ autoscaler: { namespace, name } }) => `${namespace}/${name}`);
  const own = [metric, project, logstore, route ?? 'whole logstore', failure?.code ?? '', state];
  return [...own, ...Object.values(filters), ...readers, ...names].join(' ').toLowerCase();
}
