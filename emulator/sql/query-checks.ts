import { parameterInvalid } from '../service-error.ts';
import { child, text, type Tree } from './sql-tree.ts';
import { comparable, typeName, type ValueKind } from './value-kind.ts';

/** The most rows of one query. https://www.alibabacloud.com/help/en/sls/limit-clause */
const maxLimit = 1_000_000;

/** Returns the error for a nested query without FROM. */
export const fromMissing = () =>
  parameterInvalid('you are using nested sql, please specify FROM LOGSTORE in the innermost sql');

const joins = /^(REGULAR|CROSS|NATURAL) (INNER|LEFT|RIGHT|OUTER|FULL) join$/;

/** DuckDB has more joins, such as SEMI and ASOF. */
export function checkJoin(table: Tree): void {
  const kind = `${text(table, 'ref_type')} ${text(table, 'join_type')} join`;
  if (!joins.test(kind)) throw unsupported(kind);
}

/** Members of a UNION must have the same number of columns, of kinds that can be compared. */
export function mustMatch(left: readonly ValueKind[], right: readonly ValueKind[]): void {
  const at = left.findIndex((kind, position) => !comparable(kind, right[position] ?? 'unknown'));
  if (at >= 0)
    throw parameterInvalid(
      `column ${at + 1} in UNION query has incompatible types: ${typeName(left[at] ?? 'unknown')}, ` +
        typeName(right[at] ?? 'unknown'),
    );
}

/** LIMIT must be a whole number. */
export function checkLimit(limit: Tree): void {
  const rows = child(child(limit, 'limit') ?? {}, 'value')?.['value'];
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows))
    throw parameterInvalid('LIMIT must be a whole number');
  if (rows > maxLimit) throw parameterInvalid(`limit ${rows} is more than ${maxLimit}`);
}

/** Returns the error for syntax that SLS does not have. */
export const unsupported = (what: string) =>
  parameterInvalid(`syntax error, ${what.toLowerCase()} is not supported`);
