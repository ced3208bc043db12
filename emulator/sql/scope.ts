import type { ValueKind } from './value-kind.ts';

/** Column names (lower case) and what they hold, in the order of the table. */
export type Columns = ReadonlyMap<string, ValueKind>;

/** What an expression may name. */
export interface Scope {
  /** Absent where the columns of a relation could not be told. */
  readonly columns: Columns | undefined;
  /** Names given in the select list; SLS lets GROUP BY and ORDER BY use them. */
  readonly aliases: Columns;
  /** Tables named in a WITH clause. */
  readonly tables: ReadonlyMap<string, Columns>;
  /** The query around a subquery. */
  readonly outer: Scope | undefined;
}

/** The kind of a column, or undefined where nothing of that name is in reach. */
export function resolve(name: string, scope: Scope, withAliases: boolean): ValueKind | undefined {
  const key = name.toLowerCase();
  if (scope.columns === undefined) return 'unknown';
  const own = scope.columns.get(key) ?? (withAliases ? scope.aliases.get(key) : undefined);
  if (own !== undefined || scope.outer === undefined) return own;
  return resolve(name, scope.outer, withAliases);
}
