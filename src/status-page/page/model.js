/** The data that the adapter has sent so far. */

export const historyLength = 30;

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
 */

export class Model {
  /** @type {Head | undefined} */
  head;
  /** Whether all series have arrived. */
  ready = false;
  /** @type {Map<number, Minute>} */
  minutes = new Map();
  /** @type {Map<number, Series>} */
  #series = new Map();
  /** @type {Map<string, Autoscaler>} */
  #autoscalers = new Map();
  #clockLeadMs = 0;

  /** Forgets the rows: a new connection sends all of them again. */
  reset() {
    this.ready = false;
    this.#series.clear();
    this.#autoscalers.clear();
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
    for (const series of all) this.#series.set(series.id, { ...series });
  }

  /** @param {readonly ReadingChange[]} changes */
  applyReadings(changes) {
    for (const [id, value, windowEndSeconds, plannedAtMs, delaySeconds, windowSeconds] of changes) {
      const series = this.#series.get(id);
      if (series === undefined) continue;
      // A row may have had this reading. Times are in whole seconds, so it may also be another one of that second.
      const before = plannedAtMs === series.plannedAtMs ? series.history.slice(0, -1) : series.history;
      const history = [...before, value].slice(-historyLength);
      Object.assign(series, { value, windowEndSeconds, plannedAtMs, delaySeconds, windowSeconds, history });
    }
  }

  /** @param {readonly Autoscaler[]} changed */
  applyAutoscalers(changed) {
    for (const autoscaler of changed) {
      const key = `${autoscaler.namespace}/${autoscaler.name}`;
      // A changed one moves to the end.
      this.#autoscalers.delete(key);
      if (autoscaler.metrics.length > 0) this.#autoscalers.set(key, autoscaler);
    }
  }

  /** @param {readonly number[]} ids */
  applyGone(ids) {
    for (const id of ids) this.#series.delete(id);
  }

  /** @returns {Entry[]} */
  entries() {
    const named = [...this.#autoscalers.values()].flatMap((autoscaler) =>
      autoscaler.metrics.flatMap((metric) => metric.series.map((id) => ({ id, autoscaler, metric }))),
    );
    const hpas = Map.groupBy(named, ({ id }) => id);
    const refused = (this.head?.refused ?? []).map(refusedEntry);
    return [...refused, ...[...this.#series.values()].map((one) => entryOf(one, hpas.get(one.id) ?? []))];
  }

  /**
   * Returns the metric as the HPA gets it, the sum of its series, and the replicas that follow from it.
   *
   * @type {(metric: AutoscalerMetric) => { sum: number | undefined, replicas: number | undefined }}
   */
  demandOf({ series: ids, target }) {
    let sum = 0;
    for (const id of ids) {
      const value = this.#series.get(id)?.value;
      if (value === null || value === undefined) return { sum: undefined, replicas: undefined };
      sum += value;
    }
    if (target === null || target.kind === 'Value') return { sum, replicas: undefined };
    const replicas = Math.ceil(sum / target.value);
    return { sum, replicas: Math.min(target.maxReplicas, Math.max(target.minReplicas, replicas)) };
  }
}

/** @type {(series: Series, hpas: readonly HpaMetric[]) => Entry} */
function entryOf(series, hpas) {
  const { id, state, failure } = series;
  return { key: `s${id}`, state, series, refused: undefined, failure, hpas };
}

/** @type {(refused: Refused) => Entry} */
function refusedEntry(refused) {
  const { namespace, autoscaler, metric, selector, what } = refused;
  const key = `r${JSON.stringify([namespace, autoscaler, metric, selector, what])}`;
  return { key, state: 'refused', series: undefined, refused, failure: refused, hpas: [] };
}
