import {
  acceptedValues,
  acceptsValue,
  groupingLabel,
  type OwnLabelSettings,
  type OwnMetricSettings,
} from './own-metric-settings.ts';
import { placeholdersOf, reservedNames, routePlaceholder, windowPlaceholders } from './placeholders.ts';
import { checkSearch } from './search-text.ts';
import { checkAggregate, checkQuery } from './sql-templates.ts';

/** What is wrong with one setting of a metric. */
export interface OwnMetricFault {
  readonly path: readonly (string | number)[];
  /** Words that follow the setting and its value: `must …`. */
  readonly message: string;
}

type Template = 'search' | 'aggregate' | 'sql';

/**
 * Why a metric of the user's own would not say what it seems to, or would be refused by SLS for the way it is written;
 * empty: nothing is known against it. Whether its columns are there, SLS tells.
 */
export function ownMetricFaults(metric: OwnMetricSettings): OwnMetricFault[] {
  return [
    ...shapeFaults(metric),
    ...templateFaults(metric, 'search', checkSearch),
    ...templateFaults(metric, 'aggregate', checkAggregate),
    ...templateFaults(metric, 'sql', checkQuery),
    ...metric.labels.flatMap((label, index) =>
      labelFaults(metric, label, index).map(({ path, message }) => ({
        path: ['labels', index, ...path],
        message,
      })),
    ),
  ];
}

function shapeFaults({ aggregate, sql, groupBy }: OwnMetricSettings): OwnMetricFault[] {
  if (aggregate === undefined && sql === undefined)
    return [{ path: ['aggregate'], message: 'must be given, or sql in its place' }];
  if (sql === undefined) return [];
  if (aggregate !== undefined)
    return [{ path: ['aggregate'], message: 'must not be given with sql: one of the two makes the value' }];
  if (groupBy === undefined) return [];
  return [{ path: ['groupBy'], message: 'must not be given with sql, which has one row' }];
}

function templateFaults(
  metric: OwnMetricSettings,
  which: Template,
  check: (text: string) => void,
): OwnMetricFault[] {
  const text = metric[which];
  if (text === undefined) return [];
  try {
    check(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [{ path: [which], message: error.message }];
  }
  const allowed = allowedIn(metric, which);
  const wrong = placeholdersOf(text).find((name) => !allowed.includes(name));
  return wrong === undefined ? [] : [{ path: [which], message: whyNot(metric, wrong, allowed) }];
}

/** A search is no place for numbers of the window, which is searched anyway. */
function allowedIn(metric: OwnMetricSettings, which: Template): string[] {
  const grouping = metric.groupBy === undefined ? undefined : nameOfGrouping(metric);
  const names = [routePlaceholder, ...metric.labels.map(({ name }) => name)];
  const values = names.filter((name) => name !== grouping);
  return which === 'search' ? values : [...windowPlaceholders, ...values];
}

const nameOfGrouping = (metric: OwnMetricSettings): string => groupingLabel(metric)?.name ?? routePlaceholder;

function whyNot(metric: OwnMetricSettings, name: string, allowed: readonly string[]): string {
  if (metric.groupBy !== undefined && name === nameOfGrouping(metric))
    return `must not have {${name}}: by groupBy, one query is for many of its values`;
  const known = allowed.map((one) => `{${one}}`).join(', ');
  return `must not have {${name}}: it takes ${known === '' ? 'no placeholder' : known}`;
}

/** With the path below the label. */
function labelFaults(metric: OwnMetricSettings, label: OwnLabelSettings, index: number): OwnMetricFault[] {
  const { name, column, required, pattern, default: value } = label;
  if (name.startsWith('sls.') || reservedNames.includes(name))
    return [{ path: ['name'], message: `must not begin with sls. or be one of ${reservedNames.join(', ')}` }];
  const first = metric.labels.findIndex((other) => other.name === name);
  if (first < index) return [{ path: ['name'], message: `must be another than that of labels[${first}]` }];
  const twin = metric.labels.findIndex((other) => column !== undefined && other.column === column);
  if (twin >= 0 && twin < index)
    return [{ path: ['column'], message: `must be another than that of labels[${twin}]` }];
  if (label.type === 'number' && groupingLabel(metric) === label)
    return [
      { path: ['type'], message: 'must be text where groupBy is its column: 5 and 5.0 are two groups' },
    ];
  if (pattern !== undefined && !isPattern(pattern))
    return [{ path: ['pattern'], message: 'must be a regular expression' }];
  if (column !== undefined && metric.sql !== undefined)
    return [
      { path: ['column'], message: `must not be given with sql: write the condition there, with {${name}}` },
    ];
  if (!isUsed(metric, label))
    return [{ path: ['name'], message: `must have a use: its column, or {${name}} in a template` }];
  if (value === undefined) {
    const isGrouping = groupingLabel(metric) === label;
    return required === false && !isGrouping
      ? [{ path: ['default'], message: 'must be given where required is false' }]
      : [];
  }
  if (required === true) return [{ path: ['default'], message: 'must not be given where required is true' }];
  return acceptsValue(label)(value)
    ? []
    : [{ path: ['default'], message: `must be ${acceptedValues(label)}, as any value` }];
}

function isUsed(
  { search, aggregate = '', sql = '' }: OwnMetricSettings,
  { name, column }: OwnLabelSettings,
): boolean {
  return column !== undefined || placeholdersOf(`${search} ${aggregate} ${sql}`).includes(name);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
