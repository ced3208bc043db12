import { z } from 'zod';
import { createCatalog } from '../metric/catalog.ts';
import { ownMetricFaults } from '../metric/own/own-metric-faults.ts';
import { choice, formed, onOff, section, text } from './leaf.ts';
import { valueAt } from './setting-path.ts';

const longestTemplate = 4000;
const longestName = 63;
const nameForm =
  'must be a name such as my_app_latency: up to 63 lower-case letters, digits, and single _, - or . between them';

/** Text that is sent to SLS, with placeholders. */
const template = (what: string) =>
  text(what).max(longestTemplate, { error: `must have at most ${longestTemplate} characters` });

const column = (what: string) =>
  formed(
    /^[A-Za-z_][-\w.:@/]{0,127}$/,
    'must be the name of a column, such as model or __tag__:_container_name_',
    what,
  );

const slsName = (what: string) =>
  formed(
    /^[a-z0-9][-_a-z0-9]{0,61}[a-z0-9]$/,
    'must have 2 to 63 lower-case letters, digits, hyphens and underscores',
    what,
  );

const label = section({
  name: formed(
    /^[A-Za-z]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
    'must be a name such as model or app.model: letters, digits, hyphens, underscores and dots',
    'Name of the label in the selector of an HPA, and of its placeholder',
  ),
  description: text('What it means, for those who write an HPA'),
  type: choice(
    ['text', 'number'],
    'How its value stands in SQL: as a string, or as a number without a sign',
  ).default('text'),
  column: column('Column that must equal the value; without it, the templates say what it does').optional(),
  required: onOff('Whether it must be given; without it, where there is no default').optional(),
  pattern: text('Regular expression that the whole value must match').optional(),
  default: text('Value where a selector has none').optional(),
});

const metric = section({
  name: formed(
    /^[a-z0-9]+([-_.][a-z0-9]+)*$/,
    nameForm,
    'Name of the metric; none of those that come with the adapter',
  ).max(longestName, { error: nameForm }),
  description: text('What it says'),
  unit: text('Its unit, such as ms or requests/s'),
  project: slsName('Used where a selector has no sls.project; without it, that of defaults').optional(),
  logstore: slsName('Used where a selector has no sls.logstore; without it, that of defaults').optional(),
  search: template('Search of the lines, a template; `*` is all of them').default('*'),
  aggregate: template('SQL expression that makes the number of the lines, a template').optional(),
  sql: template(
    'A whole SELECT of one row with the columns value and lines, a template, in place of aggregate',
  ).optional(),
  groupBy: column(
    'Column whose values are routes, or those of the label with that column: one query is for many of them',
  ).optional(),
  emptyWindow: choice(['zero', 'error'], 'What a window without lines reads').default('error'),
  labels: z.array(label, { error: 'must be a list of labels' }).default([]),
}).superRefine(
  (settings, context) => {
    for (const { path, message } of ownMetricFaults(settings))
      context.addIssue({ code: 'custom', path: [...path], message });
  },
  { when: ({ issues }) => issues.length === 0 },
);

/** Metrics of the user's own. */
export const metricsSection = z
  .array(metric, { error: 'must be a list of metrics' })
  .superRefine(
    (metrics, context) => {
      const builtIn = new Set(createCatalog().metrics.map(({ name }) => name));
      const names = metrics.map((one) => valueAt(one, ['name']));
      for (const [index, name] of names.entries()) {
        if (typeof name !== 'string') continue;
        const first = names.indexOf(name);
        const other = builtIn.has(name) ? 'a metric that comes with the adapter' : `metrics[${first}]`;
        if (first === index && !builtIn.has(name)) continue;
        const message = `must be another than that of ${other}`;
        context.addIssue({ code: 'custom', path: [index, 'name'], message });
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )
  .default([]);
