/** One line of the table. */
export interface Line {
  readonly what: string;
  /** Of the adapter. */
  readonly adapter: string;
  /** Of what it is measured against. */
  readonly bare: string;
  /** The median over the rounds, and in brackets the quartiles. */
  readonly ratio: string;
  readonly target: string;
  readonly ok: boolean;
}

/** One thing measured, in a file of its own below `rows/`. */
export interface Row {
  /** What `npm run bench -- NAME` runs it by. */
  readonly name: string;
  /** Ends by itself. @throws Error where what was measured is not what the row says */
  measure(): Promise<readonly Line[]>;
}
