import type { ValueKind } from './value-kind.ts';

/** Column names in lower case and their kinds, in the order of the table. */
export type Columns = ReadonlyMap<string, ValueKind>;

/** The names that an expression may use. */
export interface Scope {
  /** Undefined if the columns of a relation are not known. */
  readonly columns: Columns | undefined;
  /** Aliases of the select list. SLS accepts them in GROUP BY and ORDER BY. */
  readonly aliases: Columns;
  /** Tables of WITH clauses. */
  readonly tables: ReadonlyMap<string, Columns>;
  /** Scope of the enclosing query, for a subquery. */
  readonly outer: Scope | undefined;
}

/** Returns the kind of a column, or undefined if no such name is in scope. */
export function resolve(name: string, scope: Scope, withAliases: boolean): ValueKind | undefined {
  const key = name.toLowerCase();
  if (scope.columns === undefined) return 'unknown';
  const own = scope.columns.get(key) ?? (withAliases ? scope.aliases.get(key) : undefined);
  if (own !== undefined || scope.outer === undefined) return own;
  return resolve(name, scope.outer, withAliases);
}
