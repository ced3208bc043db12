import type { Window } from '../metric/sample.ts';
import { checkClock } from './clock-check.ts';
import type { LogSource } from './client.ts';
import { decodeSecondCounts } from './decode.ts';
import { logstoreName, type LogstoreAddress } from './logstore-address.ts';
import { secondCountsText } from './query-text.ts';

/** How many lines a logstore has of each second of a window. */
export interface SecondCountQuery extends LogstoreAddress {
  readonly window: Window;
  /** When it was planned, Unix seconds: what its window is counted back from. */
  readonly plannedAtSeconds: number;
}

/** Unix second → lines logged in it, whatever their route. A second without lines is absent. */
export type SecondCounts = ReadonlyMap<number, number>;

/** Counts the lines of a logstore by the second, as far as SLS has them by now. One query is one SLS request. */
export class SecondCountSource {
  readonly #logs: LogSource;

  constructor(logs: LogSource) {
    this.#logs = logs;
  }

  /** @throws AdapterError one of the codes of SLS; never a partial result */
  async query(query: SecondCountQuery, signal: AbortSignal): Promise<SecondCounts> {
    const { endpoint, project, logstore, window, plannedAtSeconds } = query;
    const startMs = performance.now();
    const { rows, serverTimeMs } = await this.#logs.query(
      {
        endpoint,
        project,
        logstore,
        fromSeconds: window.startSeconds,
        toSeconds: window.endSeconds,
        query: secondCountsText(window),
      },
      signal,
    );
    const elapsedMs = performance.now() - startMs;
    checkClock({ plannedAtSeconds, elapsedMs, serverTimeMs }, logstoreName(query));
    return decodeSecondCounts(rows, window);
  }
}
