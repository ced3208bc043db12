import type { MetricDefinition, OwnTraits } from '../../metric/catalog.ts';
import { rounded } from '../../metric/decimal.ts';
import { placeholdersOf, routePlaceholder } from '../../metric/log-kind.ts';
import { wholeMatcher } from './label-pattern.ts';
import { groupingLabel, type OwnLabelSettings, type OwnMetricSettings } from './own-metric-schema.ts';
import { valueColumn } from './sql-template.ts';

/**
 * Returns a check of values for the label, and what it accepts, in words that follow "must be". A label value cannot begin
 * with a sign, so no number has one.
 *
 * @throws SyntaxError if the pattern cannot be used
 */
export function valuesOf({ type, pattern }: Pick<OwnLabelSettings, 'type' | 'pattern'>) {
  const isNumber = type === 'number';
  const form = isNumber ? /^\d{1,15}(\.\d{1,9})?$/ : /./s;
  const kind = isNumber ? 'a number without a sign' : 'non-empty';
  if (pattern === undefined) return { accepts: (value: string) => form.test(value), accepted: kind };
  const matches = wholeMatcher(pattern);
  const accepts = (value: string) => form.test(value) && matches(value);
  return { accepts, accepted: `${isNumber ? kind : 'text'} that matches ${pattern}` };
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
    value: ({ [alias]: value = Number.NaN }) => rounded(value),
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
    labels: labels.map((label) => ({
      name: label.name,
      description: label.description,
      several: label === grouping ? 'items' : undefined,
      ...valuesOf(label),
      default: label.default,
      optional: label === grouping && label.required !== true,
    })),
    groupLabel: grouping?.name,
    route: isGroupedByRoute ? 'optional' : namesRoute ? 'required' : 'none',
    // A search finds more than it names, so a route in the search does not decide who may read the metric.
    isOfRoutes: isGroupedByRoute || (sqlNamesRoute && grouping === undefined),
    defaults: { project, logstore },
  };
}
