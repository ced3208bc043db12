/**
 * The functions of SLS's SQL, by page of its documentation ("SQL functions", help.aliyun.com/en/sls/sql-function), in lower
 * case. Pages about geography, phone numbers, vectors, colours and machine learning are left out: no query of an ingress
 * log needs them. `starts_with`, `any_value`, `if_null` and `date_part` are on no page.
 */
const byPage = {
  'Aggregate functions':
    'arbitrary avg bitwise_and_agg bitwise_or_agg bool_and bool_or checksum count count_if every geometric_mean kurtosis map_union max max_by min min_by skewness sum',
  'Estimation functions':
    'approx_distinct approx_percentile numeric_histogram numeric_histogram_u merge approx_set cardinality empty_approx_set',
  'String functions':
    'chr codepoint concat from_utf8 length levenshtein_distance lower lpad ltrim normalize position replace reverse rpad rtrim split split_part split_to_map strpos substr substring to_utf8 trim upper',
  'Regular expression functions': 'regexp_extract regexp_extract_all regexp_like regexp_replace regexp_split',
  'Type conversion functions': 'cast try_cast typeof',
  'Conditional expressions': 'coalesce if nullif try',
  'Comparison operators': 'greatest least',
  'Mathematical calculation functions':
    'abs acos asin atan atan2 cbrt ceil ceiling cos cosh cosine_similarity degrees e exp floor from_base infinity is_finite is_infinite is_nan ln log log2 log10 mod nan pi pow power radians rand random round sign sin sqrt tan tanh to_base truncate width_bucket',
  'Mathematical statistics functions':
    'corr covar_pop covar_samp regr_intercept regr_slope stddev stddev_pop stddev_samp variance var_pop var_samp',
  'Date and time functions':
    'current_date current_time current_timestamp current_timezone date date_add date_diff date_format date_parse date_trunc day day_of_month day_of_week day_of_year dow doy extract from_iso8601_date from_iso8601_timestamp from_unixtime hour localtime localtimestamp minute month now quarter second time_series timezone_hour timezone_minute to_iso8601 to_unixtime week week_of_year year year_of_week yow',
  'JSON functions':
    'json_array_contains json_array_get json_array_length json_extract json_extract_bool json_extract_double json_extract_long json_extract_scalar json_format json_parse json_size',
  'Array functions and operators':
    'all_match any_match array_agg array_distinct array_except array_intersect array_join array_max array_min array_position array_remove array_sort array_transpose array_union arrays_overlap contains element_at filter flatten none_match reduce sequence shuffle slice transform zip zip_with',
  'Map functions and operators':
    'histogram histogram_u map map_agg map_concat map_filter map_keys map_values multimap_agg',
  'Window functions':
    'cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number',
  'IP functions':
    'ip_to_city ip_to_city_geo ip_to_country ip_to_country_code ip_to_domain ip_to_geo ip_to_provider ip_to_province ip_prefix ip_subnet_min ip_subnet_max ip_subnet_range is_prefix_subnet_of is_subnet_of',
  'URL functions':
    'url_decode url_encode url_extract_fragment url_extract_host url_extract_parameter url_extract_path url_extract_port url_extract_protocol url_extract_query',
  'Year-on-year and month-on-month functions': 'compare ts_compare',
  'Bitwise functions': 'bit_count bitwise_and bitwise_not bitwise_or bitwise_xor',
  'Binary functions':
    'from_base64 from_base64url from_big_endian_64 from_hex md5 sha1 sha256 sha512 to_base64 to_base64url to_big_endian_64 to_hex xxhash64',
  'Unit conversion functions':
    'convert_data_size format_data_size format_duration parse_data_size parse_duration to_data_size_b to_data_size_kb to_data_size_mb to_data_size_gb to_data_size_tb to_data_size_pb to_days to_hours to_microseconds to_milliseconds to_minutes to_most_succinct_duration to_nanoseconds to_seconds',
} as const;

/** Returns the page of the documentation that has the function; undefined: SLS has no such function. */
export const pageOfFunction = (name: string): string | undefined => pages.get(name.toLowerCase());

const pages: ReadonlyMap<string, string> = new Map(
  Object.entries(byPage).flatMap(([page, names]) => names.split(' ').map((name) => [name, page] as const)),
);
