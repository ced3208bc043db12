/** What stands before the `|` of a query, as a tree. */
export type SearchNode =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly left: SearchNode; readonly right: SearchNode }
  | { readonly kind: 'not'; readonly operand: SearchNode }
  /** `field: value`, or a bare `value` in all fields when `field` is absent. */
  | { readonly kind: 'match'; readonly field: string | undefined; readonly value: SearchValue }
  | {
      readonly kind: 'compare';
      readonly field: string;
      readonly operator: '=' | '>' | '>=' | '<' | '<=';
      readonly number: number;
    }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly low: number;
      readonly high: number;
      readonly lowOpen: boolean;
      readonly highOpen: boolean;
    };

/** Quoted text is taken literally; a bare word may hold `*` and `?`. `phrase` (`#"…"`) wants its words in order. */
export interface SearchValue {
  readonly text: string;
  readonly form: 'word' | 'quoted' | 'phrase';
}
