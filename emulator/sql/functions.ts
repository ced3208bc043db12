import type { ValueKind } from './value-kind.ts';

/** How DuckDB computes a function of SLS. */
export interface SqlFunction {
  /** Its name in DuckDB. */
  readonly name: string;
  /** Kind of the result. `argument`: that of the first argument; `arguments`: the common kind of all. */
  readonly returns: ValueKind | 'argument' | 'arguments';
  /** Kind that its arguments must have. Default: any. */
  readonly takes?: 'number' | 'varchar' | 'boolean';
  /** Positions, from 0, of arguments that must be integers instead. */
  readonly integersAt?: readonly number[];
}

const table: Readonly<Record<string, Omit<SqlFunction, 'name'> & { readonly name?: string }>> = {
  count: { returns: 'integer' },
  count_star: { returns: 'integer' },
  count_if: { returns: 'integer', takes: 'boolean' },
  sum: { returns: 'argument', takes: 'number' },
  avg: { returns: 'double', takes: 'number' },
  min: { returns: 'argument' },
  max: { returns: 'argument' },
  min_by: { returns: 'argument' },
  max_by: { returns: 'argument' },
  arbitrary: { returns: 'argument' },
  approx_distinct: { returns: 'integer' },
  approx_percentile: { name: 'quantile_disc', returns: 'argument', takes: 'number' },
  bool_and: { returns: 'boolean', takes: 'boolean' },
  bool_or: { returns: 'boolean', takes: 'boolean' },
  every: { name: 'bool_and', returns: 'boolean', takes: 'boolean' },
  geometric_mean: { name: 'geomean', returns: 'double', takes: 'number' },
  stddev: { returns: 'double', takes: 'number' },
  stddev_samp: { returns: 'double', takes: 'number' },
  stddev_pop: { returns: 'double', takes: 'number' },
  variance: { returns: 'double', takes: 'number' },
  var_samp: { returns: 'double', takes: 'number' },
  var_pop: { returns: 'double', takes: 'number' },

  row_number: { returns: 'integer' },
  rank: { returns: 'integer' },
  dense_rank: { returns: 'integer' },
  lag: { returns: 'argument' },
  lead: { returns: 'argument' },
  first_value: { returns: 'argument' },
  last_value: { returns: 'argument' },

  abs: { returns: 'argument', takes: 'number' },
  ceil: { returns: 'argument', takes: 'number' },
  ceiling: { name: 'ceil', returns: 'argument', takes: 'number' },
  floor: { returns: 'argument', takes: 'number' },
  round: { returns: 'argument', takes: 'number' },
  truncate: { name: 'trunc', returns: 'argument', takes: 'number' },
  mod: { name: 'sls_modulo', returns: 'arguments', takes: 'number' },
  pow: { returns: 'double', takes: 'number' },
  power: { name: 'pow', returns: 'double', takes: 'number' },
  sqrt: { name: 'sls_sqrt', returns: 'double', takes: 'number' },
  exp: { returns: 'double', takes: 'number' },
  ln: { name: 'sls_ln', returns: 'double', takes: 'number' },
  log2: { name: 'sls_log2', returns: 'double', takes: 'number' },
  log10: { name: 'sls_log10', returns: 'double', takes: 'number' },
  greatest: { returns: 'arguments' },
  least: { returns: 'arguments' },
  is_nan: { name: 'isnan', returns: 'boolean', takes: 'number' },
  is_finite: { name: 'isfinite', returns: 'boolean', takes: 'number' },
  is_infinite: { name: 'isinf', returns: 'boolean', takes: 'number' },
  nullif: { returns: 'argument' },

  concat: { returns: 'varchar', takes: 'varchar' },
  length: { returns: 'integer', takes: 'varchar' },
  lower: { returns: 'varchar', takes: 'varchar' },
  upper: { returns: 'varchar', takes: 'varchar' },
  trim: { returns: 'varchar', takes: 'varchar' },
  ltrim: { returns: 'varchar', takes: 'varchar' },
  rtrim: { returns: 'varchar', takes: 'varchar' },
  replace: { returns: 'varchar', takes: 'varchar' },
  reverse: { returns: 'varchar', takes: 'varchar' },
  substr: { returns: 'varchar', takes: 'varchar', integersAt: [1, 2] },
  substring: { name: 'substr', returns: 'varchar', takes: 'varchar', integersAt: [1, 2] },
  strpos: { returns: 'integer', takes: 'varchar' },
  position: { returns: 'integer', takes: 'varchar' },
  lpad: { returns: 'varchar', takes: 'varchar', integersAt: [1] },
  rpad: { returns: 'varchar', takes: 'varchar', integersAt: [1] },
  chr: { returns: 'varchar', takes: 'number' },
  split: { returns: 'unknown', takes: 'varchar', integersAt: [2] },
  split_part: { returns: 'varchar', takes: 'varchar', integersAt: [2] },
  cardinality: { name: 'len', returns: 'integer' },
  element_at: { name: 'list_extract', returns: 'unknown' },
  regexp_like: { name: 'regexp_matches', returns: 'boolean', takes: 'varchar' },
  regexp_extract: { name: 'sls_regexp_extract', returns: 'varchar', takes: 'varchar', integersAt: [2] },
  regexp_replace: { name: 'sls_regexp_replace', returns: 'varchar', takes: 'varchar' },
  json_extract_scalar: { name: 'sls_json_extract_scalar', returns: 'varchar', takes: 'varchar' },

  date_trunc: { name: 'sls_date_trunc', returns: 'timestamp' },
  date_part: { returns: 'integer' },
  date_format: { name: 'strftime', returns: 'varchar' },
  from_unixtime: { name: 'sls_from_unixtime', returns: 'timestamp', takes: 'number' },
  to_unixtime: { name: 'epoch', returns: 'double' },
};

/** Names of the functions that the emulator computes. DuckDB calls `count(*)` count_star, and `extract` date_part. */
export const functionNames: readonly string[] = Object.keys(table);

/** Returns the SLS function of that name, or undefined if SLS has none. Case does not matter. */
export function sqlFunction(name: string): SqlFunction | undefined {
  const key = name.toLowerCase();
  const entry = Object.hasOwn(table, key) ? table[key] : undefined;
  return entry && { ...entry, name: entry.name ?? key };
}

/** Functions that DuckDB does not have, as macros. Times are UTC. */
export const macros: readonly string[] = [
  `CREATE MACRO sls_divide(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE a // b END`,
  `CREATE MACRO sls_modulo(a, b) AS CASE WHEN b = 0 AND typeof(a % b) NOT IN ('DOUBLE', 'FLOAT')
     THEN error('Division by zero') ELSE a % b END`,
  `CREATE MACRO sls_sqrt(x) AS CASE WHEN x < 0 THEN cast('NaN' AS DOUBLE) ELSE sqrt(x) END`,
  ...['ln', 'log2', 'log10'].map(
    (name) => `CREATE MACRO sls_${name}(x) AS CASE WHEN x < 0 THEN cast('NaN' AS DOUBLE)
     WHEN x = 0 THEN cast('-Infinity' AS DOUBLE) ELSE ${name}(x) END`,
  ),
  `CREATE MACRO sls_cast_bigint(x) AS CASE WHEN x IS NULL OR regexp_full_match(x, '[+-]?[0-9]+')
     THEN cast(x AS BIGINT) ELSE error('Can not cast ''' || x || ''' to BIGINT') END`,
  `CREATE MACRO sls_try_cast_bigint(x) AS CASE WHEN regexp_full_match(x, '[+-]?[0-9]+')
     THEN try_cast(x AS BIGINT) END`,
  `CREATE MACRO sls_is_double(x) AS
     regexp_full_match(trim(x), '[+-]?(NaN|Infinity|([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?)')`,
  `CREATE MACRO sls_cast_double(x) AS CASE WHEN x IS NULL OR sls_is_double(x)
     THEN cast(trim(x) AS DOUBLE) ELSE error('Can not cast ''' || x || ''' to DOUBLE') END`,
  `CREATE MACRO sls_try_cast_double(x) AS CASE WHEN sls_is_double(x) THEN try_cast(trim(x) AS DOUBLE) END`,
  `CREATE MACRO sls_digits(t) AS rtrim(ltrim(replace(split_part(t, 'e', 1), '.', ''), '0'), '0')`,
  `CREATE MACRO sls_exponent(t) AS CASE WHEN contains(t, 'e') THEN cast(split_part(t, 'e', 2) AS BIGINT)
     WHEN starts_with(t, '0.') THEN length(ltrim(split_part(t, '.', 2), '0')) - length(split_part(t, '.', 2)) - 1
     ELSE length(split_part(t, '.', 1)) - 1 END`,
  `CREATE MACRO sls_scientific(t) AS substr(sls_digits(t), 1, 1) || '.' ||
     coalesce(nullif(substr(sls_digits(t), 2), ''), '0') || 'E' || sls_exponent(t)`,
  `CREATE MACRO sls_double_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN x = 0 THEN '0.0'
     WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
     WHEN abs(x) >= 0.001 AND abs(x) < 10000000 THEN cast(x AS VARCHAR)
     ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || sls_scientific(cast(abs(x) AS VARCHAR)) END`,
  `CREATE MACRO sls_from_unixtime(t) AS make_timestamp(cast(t * 1000000 AS BIGINT))`,
  `CREATE MACRO sls_date_trunc(unit, t) AS date_trunc(unit, coalesce(
     make_timestamp(try_cast(cast(t AS VARCHAR) AS BIGINT) * 1000000), try_cast(cast(t AS VARCHAR) AS TIMESTAMP)))`,
  `CREATE MACRO sls_regexp_extract(x, p) AS CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p) END,
     (x, p, g) AS CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p, g) END`,
  `CREATE MACRO sls_regexp_replace(x, p) AS regexp_replace(x, p, '', 'g'),
     (x, p, r) AS regexp_replace(x, p, regexp_replace(r, '\\$([0-9])', '\\\\\\1', 'g'), 'g')`,
  `CREATE MACRO sls_json_extract_scalar(x, p) AS CASE WHEN json_valid(x) THEN json_extract_string(x, p) END`,
];
