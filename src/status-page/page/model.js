/** The data that the adapter has sent so far. */

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
 * @typedef {{ autoscaler: Autoscaler, metric: AutoscalerMetric }} HpaMetric
 */

/**
 * One row of the table.
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {'failing' | 'refused' | 'stale' | 'waiting' | 'fresh'} state
 * @property {Series | undefined} series undefined for a refused read
 * @property {Refused | undefined} refused
 * @property {Failure | null} failure
 * @property {readonly HpaMetric[]} hpas that name the series
 * @property {string} text that the filter searches, in lower case
 */

export class Model {
  /** @type {Head | undefined} */
  head;
  /** Whether all series have arrived. */
  ready = false;
  /** @type {Map<number, Minute>} */
  minutes = new Map();
  /** @type {Map<number, Entry>} */
  #entries = new Map();
  /** @type {Map<string, Autoscaler>} */
  #autoscalers = new Map();
  /** @type {Map<number, HpaMetric[]>} */
  #hpas = new Map();
  #clockLeadMs = 0;

  /** Forgets the rows: a new connection sends all of them again. */
  reset() {
    this.ready = false;
    this.#entries.clear();
    this.#autoscalers.clear();
    this.#hpas.clear();
  }

  /** Returns the time of the adapter's clock. */
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
        for (const id of metric.series) this.#link(id, [...this.hpasOf(id), { autoscaler, metric }]);
    }
  }

  /** @param {readonly number[]} ids */
  applyGone(ids) {
    for (const id of ids) this.#entries.delete(id);
  }

  /** @param {number} id */
  hpasOf(id) {
    return this.#hpas.get(id) ?? [];
  }

  /** @returns {Entry[]} */
  entries() {
    return [...(this.head?.refused ?? []).map(refusedEntry), ...this.#entries.values()];
  }

  /**
   * Returns the metric as the HPA gets it, the sum of its series, and the replicas that follow from it.
   *
   * @param {AutoscalerMetric} metric
   * @returns {{ sum: number | undefined, replicas: number | undefined }}
   */
  demandOf({ series: ids, target }) {
    let sum = 0;
    for (const id of ids) {
      const value = this.#entries.get(id)?.series?.value;
      if (value === null || value === undefined) return { sum: undefined, replicas: undefined };
      sum += value;
    }
    if (target === null || target.kind === 'Value') return { sum, replicas: undefined };
    const replicas = Math.ceil(sum / target.value);
    return { sum, replicas: Math.min(target.maxReplicas, Math.max(target.minReplicas, replicas)) };
  }

  /** @param {Series} series */
  #entryOf(series) {
    const hpas = this.hpasOf(series.id);
    const { id, state, failure } = series;
    const text = textOf(series, hpas);
    return { key: `s${id}`, state, series, refused: undefined, failure, hpas, text };
  }

  /** @param {Autoscaler} autoscaler */
  #unlink(autoscaler) {
    for (const metric of autoscaler.metrics)
      for (const id of metric.series)
        this.#link(
          id,
          this.hpasOf(id).filter((hpa) => hpa.autoscaler !== autoscaler),
        );
  }

  /**
   * @param {number} id
   * @param {HpaMetric[]} hpas
   */
  #link(id, hpas) {
    if (hpas.length === 0) this.#hpas.delete(id);
    else this.#hpas.set(id, hpas);
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
  return { key, state: 'refused', series: undefined, refused, failure: refused, hpas: [], text };
}

/**
 * @param {Series} series
 * @param {readonly HpaMetric[]} hpas
 */
function textOf({ metric, project, logstore, route, filters, readers, failure, state }, hpas) {
  const names = hpas.map(({ autoscaler: { namespace, name } }) => `${namespace}/${name}`);
  const own = [metric, project, logstore, route ?? 'whole logstore', failure?.code ?? '', state];
  return [...own, ...Object.values(filters), ...readers, ...names].join(' ').toLowerCase();
}
