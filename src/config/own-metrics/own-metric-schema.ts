import type { z } from 'zod';
import { choice, formed, logstoreName, namedList, onOff, projectName, section, text } from '../leaf.ts';

const longestTemplate = 4000;
const longestName = 63;
const nameForm =
  'must be a name such as my_app_latency: up to 63 lower-case letters, digits, and single _, - or . between them';

const template = (what: string) =>
  text(what).max(longestTemplate, { error: `must have at most ${longestTemplate} characters` });

export const column = (what: string) =>
  formed(
    /^[A-Za-z_:][-\w.:@/]{0,127}$/,
    'must be the name of a column, such as model or __tag__:_container_name_',
    what,
  );

const label = section({
  name: formed(
    /^[A-Za-z]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
    'must be a name such as model or app.model: letters, digits, hyphens, underscores and dots',
    'Name of the label in the selector of an HPA, and of its placeholder in templates',
  ),
  description: text('Meaning, for people who write an HPA'),
  type: choice(
    ['text', 'number'],
    'How the value is written in SQL: as a string, or as a number without a sign',
  ).default('text'),
  column: column('Column that must equal the value; default: none, the templates use the label').optional(),
  required: onOff(
    'Whether a selector must have the label; default: true if it has no default value',
  ).optional(),
  pattern: text('Regular expression, as RE2 reads it, that must match the whole value').optional(),
  default: text('Value if the selector does not have the label').optional(),
});

/** One entry of the setting `metrics`: a metric that the user defines. `ownMetricFaults` finds what the shape cannot. */
export const ownMetricSchema = section({
  name: formed(
    /^[a-z0-9]+([-_.][a-z0-9]+)*$/,
    nameForm,
    'Name of the metric; it must not be the name of a built-in metric',
  ).max(longestName, { error: nameForm }),
  description: text('Meaning of the metric'),
  unit: text('Unit, such as ms or requests/s'),
  project: projectName('Project if the selector has no sls.project; default: defaults.project').optional(),
  logstore: logstoreName(
    'Logstore if the selector has no sls.logstore; default: defaults.logstore',
  ).optional(),
  search: template('Search that selects the lines, a template; `*` selects all').default('*'),
  aggregate: template('SQL expression that computes the value from the lines, a template').optional(),
  sql: template(
    'Whole SELECT of one row with the columns value and lines, a template; instead of aggregate',
  ).optional(),
  groupBy: column(
    'Column whose values are routes, or values of the label with that column: one query is then for many of them',
  ).optional(),
  emptyWindow: choice(['zero', 'error'], 'Value of a window without lines').default('error'),
  labels: namedList(label, 'labels').default([]),
});

export type OwnMetricSettings = z.infer<typeof ownMetricSchema>;
export type OwnLabelSettings = z.infer<typeof label>;

/** Returns the label whose values tell the series of one query apart; undefined: the route does. */
export const groupingLabel = ({ groupBy, labels }: OwnMetricSettings): OwnLabelSettings | undefined =>
  groupBy === undefined ? undefined : labels.find(({ column: own }) => own === groupBy);
