import type { MetricDefinition, OwnLabel, OwnTraits } from '../catalog.ts';
import { rounded } from '../decimal.ts';
import { placeholdersOf, routePlaceholder } from '../log-kind.ts';
import type { Aggregates } from '../measures.ts';
import { wholeMatcher } from './label-pattern.ts';
import { valueColumn } from './sql-template.ts';

/** One entry of the setting `metrics`: a metric that the user defines. */
export interface OwnMetricSettings {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Used if the selector names none; undefined: the setting `defaults` applies. */
  readonly project?: string | undefined;
  readonly logstore?: string | undefined;
  /** Template of a search; `*` finds every line. */
  readonly search: string;
  /** Template of one SQL expression that aggregates. Either this or `sql` is given. */
  readonly aggregate?: string | undefined;
  /** Template of a whole SELECT of one row, with the columns `value` and `lines`. */
  readonly sql?: string | undefined;
  /** Column whose values are the routes, or the values of the label with that column: one query for many series. */
  readonly groupBy?: string | undefined;
  /** The value of a window without lines. */
  readonly emptyWindow: 'zero' | 'error';
  readonly labels: readonly OwnLabelSettings[];
}

export interface OwnLabelSettings {
  readonly name: string;
  readonly description: string;
  /** How a value is written in SQL: as a string or as a number. */
  readonly type: 'text' | 'number';
  /** Column that must equal the value; undefined: the templates use the label. */
  readonly column?: string | undefined;
  /** Default: true if the label has no default value. */
  readonly required?: boolean | undefined;
  /** Regular expression, as RE2 reads it, that must match the whole value. */
  readonly pattern?: string | undefined;
  readonly default?: string | undefined;
}

/** Returns the label whose values tell the series of one query apart; undefined: the route does. */
export const groupingLabel = ({ groupBy, labels }: OwnMetricSettings): OwnLabelSettings | undefined =>
  groupBy === undefined ? undefined : labels.find(({ column }) => column === groupBy);

/**
 * Returns a check of values for the label. A label value cannot begin with a sign, so no number has one.
 *
 * @throws SyntaxError if the pattern cannot be used
 */
export function acceptsValue({ type, pattern }: OwnLabelSettings): (value: string) => boolean {
  const matches = pattern === undefined ? () => true : wholeMatcher(pattern);
  const typeForm = type === 'number' ? /^\d{1,15}(\.\d{1,9})?$/ : /./s;
  return (value) => typeForm.test(value) && matches(value);
}

/** Returns what a value must be, in words that follow "must be". */
export function acceptedValues({ type, pattern }: OwnLabelSettings): string {
  const kind = type === 'number' ? 'a number without a sign' : 'non-empty';
  if (pattern === undefined) return kind;
  return type === 'number' ? `${kind} that matches ${pattern}` : `text that matches ${pattern}`;
}

/**
 * Returns the definition of a user's metric, in the form of the built-in ones.
 *
 * @param settings must be without faults, see `ownMetricFaults`
 * @param index keeps the alias apart from those of other metrics in the same query
 */
export function ownMetric(settings: OwnMetricSettings, index: number): MetricDefinition {
  const { name, description, unit, search, aggregate, sql, groupBy, emptyWindow, labels } = settings;
  const alias = aggregate === undefined ? valueColumn : `own_${index}`;
  const columns = labels.flatMap((label) =>
    label.column === undefined || label.column === groupBy ? [] : [[label.name, label.column] as const],
  );
  return {
    name,
    description,
    unit,
    logKind: {
      search,
      sql,
      groupBy,
      columns: Object.fromEntries(columns),
      numbers: labels.filter(({ type }) => type === 'number').map((label) => label.name),
    },
    aggregates: { [alias]: aggregate ?? '' },
    value: ({ [alias]: value = Number.NaN }: Aggregates) => rounded(value),
    emptyValue: emptyWindow === 'zero' ? 0 : undefined,
    own: traitsOf(settings),
  };
}

function traitsOf(settings: OwnMetricSettings): OwnTraits {
  const { search, aggregate = '', sql = '', groupBy, labels, project, logstore } = settings;
  const grouping = groupingLabel(settings);
  const sqlNamesRoute = placeholdersOf(`${aggregate} ${sql}`).includes(routePlaceholder);
  const namesRoute = sqlNamesRoute || placeholdersOf(search).includes(routePlaceholder);
  const isGroupedByRoute = groupBy !== undefined && grouping === undefined;
  return {
    labels: labels.map((label) => ownLabel(label, label === grouping)),
    groupLabel: grouping?.name,
    route: isGroupedByRoute ? 'optional' : namesRoute ? 'required' : 'none',
    // A search finds more than it names, so a route in the search does not decide who may read the metric.
    isOfRoutes: isGroupedByRoute || (sqlNamesRoute && grouping === undefined),
    defaults: { project, logstore },
  };
}

const ownLabel = (label: OwnLabelSettings, isGrouping: boolean): OwnLabel => ({
  name: label.name,
  description: label.description,
  several: isGrouping ? 'items' : undefined,
  accepted: acceptedValues(label),
  accepts: acceptsValue(label),
  default: label.default,
  optional: isGrouping && label.required !== true,
});
