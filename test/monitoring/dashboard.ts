import { dashboardFile, textOf } from './monitoring-files.ts';

/** The part of Grafana's dashboard model that the tests read. */
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
  readonly allValue?: string;
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

export const dashboard = JSON.parse(textOf(dashboardFile)) as Dashboard;
const { list: variables } = dashboard.templating;

/** Every query of every panel. */
export const panelQueries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
);

/** The queries that fill the variables: `label_values(metric, label)` returns the values of a label. */
export const variableQueries = variables.flatMap(({ name, definition }) => {
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? [];
  return selector === undefined || label === undefined
    ? []
    : [{ title: `$${name}`, expr: `count by (${label}) (${selector})` }];
});

/** Returns the query with `All` selected for every variable, over the given range. */
export function chosen(expr: string, range: string): string {
  const all = variables.reduce(
    (text, { name, allValue }) => (allValue === undefined ? text : text.replaceAll(`$${name}`, allValue)),
    expr,
  );
  return all.replaceAll('$__rate_interval', range);
}
