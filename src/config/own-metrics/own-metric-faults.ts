import { placeholdersOf, routePlaceholder } from '../../metric/log-kind.ts';
import { valuesOf } from './own-metric.ts';
import { groupingLabel, type OwnLabelSettings, type OwnMetricSettings } from './own-metric-schema.ts';
import { checkSearch } from './search-template.ts';
import { checkAggregate, checkQuery } from './sql-template.ts';

interface Fault {
  readonly path: (string | number)[];
  /** Words that follow the setting and its value: `must …`. */
  readonly message: string;
}

/** Stand for the window: its length in seconds, and its ends in Unix seconds. */
const windowPlaceholders = ['window', 'from', 'to'];

/** Names that a metric's own label must not have. */
const reservedNames = [routePlaceholder, ...windowPlaceholders];

/**
 * Returns the faults by which a user's metric would be unsafe, or would mean something else than it seems to. The rest,
 * such as grammar and columns, is left to SLS: `doctor` asks it.
 */
export function ownMetricFaults(metric: OwnMetricSettings): Fault[] {
  const { aggregate, sql, groupBy } = metric;
  const faults: Fault[] = [];
  const add = (message: string | undefined, ...path: (string | number)[]) => {
    if (message !== undefined) faults.push({ path, message });
  };
  if (aggregate === undefined && sql === undefined) add('must be given, or sql instead of it', 'aggregate');
  if (aggregate !== undefined && sql !== undefined)
    add('must not be given together with sql: only one gives the value', 'aggregate');
  else if (sql !== undefined && groupBy !== undefined)
    add('must not be given together with sql, which has one row', 'groupBy');
  for (const which of ['search', 'aggregate', 'sql'] as const) add(templateFault(metric, which), which);
  for (const [index, label] of metric.labels.entries()) {
    const [setting, message] = labelFault(metric, label, index) ?? [];
    if (setting !== undefined) add(message, 'labels', index, setting);
  }
  return faults;
}

const checks = { search: checkSearch, aggregate: checkAggregate, sql: checkQuery };

function templateFault(metric: OwnMetricSettings, which: keyof typeof checks): string | undefined {
  const text = metric[which];
  if (text === undefined) return undefined;
  const grouping = groupingLabel(metric)?.name ?? routePlaceholder;
  const values = [routePlaceholder, ...metric.labels.map(({ name }) => name)].filter(
    // One query is for many values of the label that it groups by.
    (name) => metric.groupBy === undefined || name !== grouping,
  );
  const allowed = which === 'search' ? values : [...windowPlaceholders, ...values];
  const listed = (names: readonly string[]) => names.map((name) => `{${name}}`).join(', ');
  const wrong = [...new Set(placeholdersOf(text))].filter((name) => !allowed.includes(name));
  // First, because a misspelt placeholder may look like other faults: `count(*) / {windw}` like a division of whole numbers.
  if (wrong.length > 0)
    return `must not have ${listed(wrong)}: it takes ${listed(allowed) || 'no placeholder'}`;
  return syntaxFault(() => checks[which](text));
}

function labelFault(
  metric: OwnMetricSettings,
  label: OwnLabelSettings,
  index: number,
): readonly [setting: keyof OwnLabelSettings, message: string] | undefined {
  const { name, column, required, default: value } = label;
  const { labels, search, aggregate = '', sql } = metric;
  const isGrouping = groupingLabel(metric) === label;
  if (name.startsWith('sls.') || reservedNames.includes(name))
    return ['name', `must not begin with sls. or be one of ${reservedNames.join(', ')}`];
  const sameColumn = labels.findIndex((other) => column !== undefined && other.column === column);
  if (sameColumn >= 0 && sameColumn < index)
    return ['column', `must differ from the column of labels[${sameColumn}]`];
  if (isGrouping && label.type === 'number')
    return ['type', 'must be text if groupBy is its column: 5 and 5.0 are two groups'];
  const patternFault = syntaxFault(() => valuesOf(label));
  if (patternFault !== undefined) return ['pattern', patternFault];
  if (column !== undefined && sql !== undefined)
    return ['column', `must not be given together with sql: write the condition there, with {${name}}`];
  if (column === undefined && !placeholdersOf(`${search} ${aggregate} ${sql}`).includes(name))
    return ['name', `must be used: give it a column, or write {${name}} in a template`];
  if (required === false && !isGrouping && value === undefined)
    return ['default', 'must be given if required is false'];
  if (required === true && value !== undefined) return ['default', 'must not be given if required is true'];
  const { accepts, accepted } = valuesOf(label);
  return value === undefined || accepts(value) ? undefined : ['default', `must be ${accepted}, as any value`];
}

function syntaxFault(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}
