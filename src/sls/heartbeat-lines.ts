import { createHash } from 'node:crypto';
import type { Window } from '../metric/sample.ts';
import { unindexedField } from './sls-error.ts';

/** The heartbeats of every adapter begin so. It has no character that LIKE takes for a pattern. */
export const heartbeatAgent = 'sls-metrics-adapter-heartbeat/';

/** The field with the User-Agent. */
export const agentField = 'http_user_agent';

/** The heartbeats of one logstore. */
export interface HeartbeatLog {
  readonly project: string;
  readonly logstore: string;
  /** What the User-Agents of all heartbeats to the same address begin with. */
  readonly agentStart: string;
}

interface HeartbeatQuery extends Omit<HeartbeatLog, 'agentStart'> {
  readonly window: Window;
  readonly plannedAtSeconds: number;
}

/** If the field had no index, it is asked for again after this long. */
const recheckSeconds = 600;
/** Once the field has no index, the last replica has stopped its heartbeats after this long. */
const stopsWithinSeconds = 60;

/**
 * Keeps the lines of heartbeats out of the readings of their logstore. Heartbeats are sent only while queries can leave
 * them out; where the index of the field is missing, queries leave out nothing, and no heartbeat is sent.
 */
export class HeartbeatLines {
  readonly log: HeartbeatLog;
  /** When queries were planned, Unix seconds. */
  #acceptedAtSeconds = -Infinity;
  #refusedAtSeconds = -Infinity;

  constructor({ url, project, logstore }: { readonly url: URL } & Omit<HeartbeatLog, 'agentStart'>) {
    const digest = createHash('sha256')
      .update(JSON.stringify([url.href, project, logstore]))
      .digest('hex');
    this.log = { project, logstore, agentStart: `${heartbeatAgent}1 ${digest.slice(0, 8)}-` };
  }

  /** Whether the field has an index; undefined: no query has shown it yet. */
  get isIndexed(): boolean | undefined {
    if (this.#refusedAtSeconds > this.#acceptedAtSeconds) return false;
    return this.#acceptedAtSeconds > -Infinity ? true : undefined;
  }

  isIn({ project, logstore }: Pick<HeartbeatLog, 'project' | 'logstore'>): boolean {
    return project === this.log.project && logstore === this.log.logstore;
  }

  /**
   * Sends a query that leaves out heartbeats, or finds them; without that if the logstore has none.
   *
   * @throws AdapterError those of `send`; `IndexMissing` if a window may have heartbeats that cannot be left out
   */
  async query<T>(query: HeartbeatQuery, send: (log: HeartbeatLog | undefined) => Promise<T>): Promise<T> {
    const { plannedAtSeconds, window } = query;
    const mayHaveSome = window.startSeconds < this.#acceptedAtSeconds + stopsWithinSeconds;
    const isRefused = this.isIndexed === false && plannedAtSeconds < this.#refusedAtSeconds + recheckSeconds;
    if (!this.isIn(query) || (isRefused && !mayHaveSome)) return send(undefined);
    try {
      const result = await send(this.log);
      this.#acceptedAtSeconds = Math.max(this.#acceptedAtSeconds, plannedAtSeconds);
      return result;
    } catch (error) {
      if (unindexedField(error) !== agentField) throw error;
      this.#refusedAtSeconds = Math.max(plannedAtSeconds, this.#acceptedAtSeconds + 1);
      if (mayHaveSome) throw error;
      return send(undefined);
    }
  }
}
