import type { Series } from '../metric/series.ts';
import type { Group } from './flight.ts';

/** The queries of one logstore. */
export interface Lane {
  readonly project: string;
  readonly logstore: string;
  /** Those that gather for the next departure. */
  boarding: Group | undefined;
  departure: NodeJS.Timeout | undefined;
  underWay: number;
}

/** No name has a slash. */
const laneKey = ({ project, logstore }: Pick<Lane, 'project' | 'logstore'>): string =>
  `${project}/${logstore}`;

/** One lane a logstore, for as long as it is used. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** The one asked for last: of thousands of series, neighbours mostly share theirs. */
  #last: Lane | undefined;

  of({ project, logstore }: Series): Lane {
    const last = this.#last;
    if (last?.project === project && last.logstore === logstore) return last;
    const key = laneKey({ project, logstore });
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { project, logstore, boarding: undefined, departure: undefined, underWay: 0 };
      this.#lanes.set(key, lane);
    }
    this.#last = lane;
    return lane;
  }

  /** Forgets it unless something gathers or is under way there. */
  closeIdle(lane: Lane): void {
    if (lane.boarding !== undefined || lane.underWay > 0) return;
    this.#lanes.delete(laneKey(lane));
    if (this.#last === lane) this.#last = undefined;
  }
}
