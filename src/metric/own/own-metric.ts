import type { MetricDefinition, OwnLabel, OwnTraits } from '../catalog.ts';
import type { Aggregates } from '../measures.ts';
import {
  acceptedValues,
  acceptsValue,
  groupingLabel,
  type OwnLabelSettings,
  type OwnMetricSettings,
} from './own-metric-settings.ts';
import { placeholdersOf, routePlaceholder } from './placeholders.ts';
import { valueColumn } from './sql-templates.ts';

/**
 * A metric of the configuration, as those that come with the adapter are defined.
 *
 * @param settings those in which `ownMetricFaults` finds none
 * @param index tells it from the others, which may be asked for in the same query
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
    value: ({ [alias]: value = Number.NaN }: Aggregates) => value,
    readable: undefined,
    emptyValue: emptyWindow === 'zero' ? 0 : undefined,
    requires: [],
    own: traitsOf(settings),
  };
}

function traitsOf(settings: OwnMetricSettings): OwnTraits {
  const { search, aggregate, sql, groupBy, labels, project, logstore } = settings;
  const grouping = groupingLabel(settings);
  const inSql = placeholdersOf(`${aggregate ?? ''} ${sql ?? ''}`).includes(routePlaceholder);
  const isRequired = inSql || placeholdersOf(search).includes(routePlaceholder);
  const isGroupedByRoute = groupBy !== undefined && grouping === undefined;
  return {
    labels: labels.map((label) => ownLabel(label, label === grouping)),
    groupLabel: grouping?.name,
    route: isGroupedByRoute ? 'optional' : isRequired ? 'required' : 'none',
    // A search finds more than it names: it decides nothing.
    isOfRoutes: isGroupedByRoute || (inSql && grouping === undefined),
    defaults: { project, logstore },
  };
}

function ownLabel(label: OwnLabelSettings, isGrouping: boolean): OwnLabel {
  return {
    name: label.name,
    description: label.description,
    multiple: isGrouping,
    accepted: acceptedValues(label),
    accepts: acceptsValue(label),
    default: label.default,
    mayLack: isGrouping && label.required !== true,
  };
}
