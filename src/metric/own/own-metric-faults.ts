import { placeholdersOf, routePlaceholder } from '../log-kind.ts';
import {
  acceptedValues,
  acceptsValue,
  groupingLabel,
  type OwnLabelSettings,
  type OwnMetricSettings,
} from './own-metric.ts';
import { wholeMatcher } from './label-pattern.ts';
import { checkSearch } from './search-template.ts';
import { checkAggregate, checkQuery } from './sql-template.ts';

export interface OwnMetricFault {
  readonly path: readonly (string | number)[];
  /** Words that follow the setting and its value: `must …`. */
  readonly message: string;
}

/** Stand for the window: its length in seconds, and its ends in Unix seconds. */
const windowPlaceholders = ['window', 'from', 'to'];

/** Names that a metric's own label must not have. */
const reservedNames = [routePlaceholder, ...windowPlaceholders];

const templates = { search: checkSearch, aggregate: checkAggregate, sql: checkQuery } as const;

/**
 * Returns the faults by which a user's metric would be unsafe, or would mean something else than it seems to. The rest,
 * such as grammar and columns, is left to SLS: `doctor` asks it.
 */
export function ownMetricFaults(metric: OwnMetricSettings): OwnMetricFault[] {
  return [
    ...shapeFaults(metric),
    ...(['search', 'aggregate', 'sql'] as const).flatMap((which) => templateFaults(metric, which)),
    ...metric.labels.flatMap((label, index) =>
      labelFaults(metric, label, index).map(([, setting, message]) => ({
        path: ['labels', index, setting],
        message,
      })),
    ),
  ];
}

function shapeFaults({ aggregate, sql, groupBy }: OwnMetricSettings): OwnMetricFault[] {
  if (aggregate === undefined && sql === undefined)
    return [{ path: ['aggregate'], message: 'must be given, or sql instead of it' }];
  if (aggregate !== undefined && sql !== undefined)
    return [
      { path: ['aggregate'], message: 'must not be given together with sql: only one gives the value' },
    ];
  if (sql === undefined || groupBy === undefined) return [];
  return [{ path: ['groupBy'], message: 'must not be given together with sql, which has one row' }];
}

function templateFaults(metric: OwnMetricSettings, which: keyof typeof templates): OwnMetricFault[] {
  const text = metric[which];
  if (text === undefined) return [];
  try {
    templates[which](text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [{ path: [which], message: error.message }];
  }
  const grouping = groupingLabel(metric)?.name ?? routePlaceholder;
  const values = [routePlaceholder, ...metric.labels.map(({ name }) => name)].filter(
    // One query is for many values of the label that it groups by.
    (name) => metric.groupBy === undefined || name !== grouping,
  );
  const allowed = which === 'search' ? values : [...windowPlaceholders, ...values];
  const wrong = placeholdersOf(text).find((name) => !allowed.includes(name));
  if (wrong === undefined) return [];
  const known = allowed.map((name) => `{${name}}`).join(', ') || 'no placeholder';
  return [{ path: [which], message: `must not have {${wrong}}: it takes ${known}` }];
}

type Rule = readonly [isBroken: boolean, setting: keyof OwnLabelSettings, message: string];

/** Returns the first fault of a label, with the setting below the label. */
function labelFaults(metric: OwnMetricSettings, label: OwnLabelSettings, index: number): readonly Rule[] {
  const { name, column, required, default: value } = label;
  const { labels, search, aggregate = '', sql } = metric;
  const isGrouping = groupingLabel(metric) === label;
  const sameName = labels.findIndex((other) => other.name === name);
  const sameColumn = column === undefined ? index : labels.findIndex((other) => other.column === column);
  const isUsed = column !== undefined || placeholdersOf(`${search} ${aggregate} ${sql}`).includes(name);
  const isReserved = name.startsWith('sls.') || reservedNames.includes(name);
  const isRequired = required === true;
  const mustHaveDefault = required === false && !isGrouping;
  const patternFault = faultOfPattern(label.pattern);
  const isWrong = value !== undefined && patternFault === undefined && !acceptsValue(label)(value);
  const noColumn = `must not be given together with sql: write the condition there, with {${name}}`;
  const oneGroup = 'must be text if groupBy is its column: 5 and 5.0 are two groups';
  const rules: readonly Rule[] = [
    [isReserved, 'name', `must not begin with sls. or be one of ${reservedNames.join(', ')}`],
    [sameName < index, 'name', `must differ from the name of labels[${sameName}]`],
    [sameColumn < index, 'column', `must differ from the column of labels[${sameColumn}]`],
    [isGrouping && label.type === 'number', 'type', oneGroup],
    [patternFault !== undefined, 'pattern', patternFault ?? ''],
    [column !== undefined && sql !== undefined, 'column', noColumn],
    [!isUsed, 'name', `must be used: give it a column, or write {${name}} in a template`],
    [mustHaveDefault && value === undefined, 'default', 'must be given if required is false'],
    [isRequired && value !== undefined, 'default', 'must not be given if required is true'],
    [isWrong, 'default', `must be ${acceptedValues(label)}, as any value`],
  ];
  return rules.filter(([isBroken]) => isBroken).slice(0, 1);
}

/** Returns what is wrong with a pattern; undefined: it can be used, or there is none. */
function faultOfPattern(pattern: string | undefined): string | undefined {
  try {
    if (pattern !== undefined) wholeMatcher(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}
