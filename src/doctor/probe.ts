import type { AdapterError } from '../errors.ts';

/** What SLS said to a first query; every refusal shows at which point it stopped. */
export type Probe =
  | { readonly error: AdapterError }
  | {
      readonly error: undefined;
      readonly reachSeconds: number;
      readonly throttled: number;
      /** Lines in that time. */
      readonly lines: number;
      /** Of the last line, Unix seconds; undefined: there is none. */
      readonly newestSeconds: number | undefined;
    };
