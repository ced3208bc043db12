import { dnsLabelForm, dnsLabelWords } from '../grammar/label-selector.ts';

export interface LabelDefinition {
  readonly name: string;
  readonly description: string;
  /**
   * Whether several values may be given. `items`: each makes one item, and the HPA sums the items. `lines`: lines with any
   * of the values count, and with the operators `!=` and `notin` all other lines.
   */
  readonly several?: 'items' | 'lines' | undefined;
  /** An empty value counts as no value: manifests for the stock adapter have such labels, to be filled in. */
  readonly emptyIsNone?: true;
  /** The form of a value, in words that follow "must be". */
  readonly accepted: string;
  readonly accepts: (value: string) => boolean;
}

/** What a selector chooses by one label: lines with one of the values (`in`), or all others (`notin`). */
export interface LabelChoice {
  readonly operator: 'in' | 'notin';
  /** Sorted and distinct, at least one. */
  readonly values: readonly string[];
}

/** A label of the adapter. Everything about it is in its entry below, so that a new label is one more entry. */
interface BuiltInLabel extends LabelDefinition {
  /**
   * `read`: where a log is, for every metric. `window`: how a window is read; a forecast has none. `route`: names the route.
   * `filter`: selects lines of an ingress log; a user's metric takes none of these, because its columns are not known.
   * `forecast`: for forecasts only.
   */
  readonly use: 'read' | 'window' | 'route' | 'filter' | 'forecast';
}

const wholeNumber = (least: number, most: number) => ({
  accepted: `a whole number from ${least} to ${most}`,
  accepts: (value: string) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
});

/** Source: SLS, CreateProject and CreateLogStore. */
export const projectForm = /^[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$/;
export const logstoreForm = /^[a-z0-9][-_a-z0-9]{0,61}[a-z0-9]$/;

const slsName = (pattern: RegExp, characters: string) => ({
  use: 'read' as const,
  accepted: `2 to 63 characters of ${characters}, starting and ending with a letter or digit`,
  accepts: (value: string) => pattern.test(value),
});

const backendPart = {
  use: 'route',
  accepted: dnsLabelWords,
  accepts: (value: string) => dnsLabelForm.test(value),
} as const;

/**
 * The backends that nginx-ingress names: of a Service; the controller's own (`upstream-default-backend`,
 * `custom-default-backend-…`); those of old controllers for sticky sessions (`sticky-…`); and `{namespace}-INVALID`, an
 * Ingress without a Service. `internal` and `-` are not backends: no Service ever serves such requests. Source:
 * ingress-nginx, upstreamName and buildUpstreamName.
 */
const routeForm =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?-([a-z0-9]([-a-z0-9]*[a-z0-9])?-[a-z0-9]([-a-z0-9]*[a-z0-9])?|INVALID)$/;

/** nginx logs a host in lower case, so that an alias, which begins with a capital letter, is never the name of a host. */
export const hostForm = /^[a-z0-9]([-_.a-z0-9]{0,251}[a-z0-9])?$/;
export const hostAliasForm = /^[A-Z]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

/** `adaptive`: the window is shorter while requests rise. `src/reading/adaptive/` has the test. */
export const windowModes = ['fixed', 'adaptive'] as const;
export type WindowMode = (typeof windowModes)[number];

const filter = { use: 'filter', several: 'lines' } as const;
const others = '`in (a,b)` counts those with any of the values, `!=` and `notin` all others.';

export const labelDefinitions = {
  project: {
    name: 'sls.project',
    description:
      'SLS project that holds the log. On ACK: k8s-log-{cluster id}. An empty value counts as left out.',
    emptyIsNone: true,
    ...slsName(projectForm, 'lower-case letters, digits and hyphens'),
  },
  logstore: {
    name: 'sls.logstore',
    description: 'Logstore of the access log. On ACK: nginx-ingress. An empty value counts as left out.',
    emptyIsNone: true,
    ...slsName(logstoreForm, 'lower-case letters, digits, hyphens and underscores'),
  },
  route: {
    name: 'sls.ingress.route',
    description:
      'Route as nginx-ingress logs it, {namespace}-{service}-{port}, or a backend of the controller such as upstream-default-backend or {namespace}-INVALID; `in (a,b)` gives one item for each route. Left out or empty: the whole logstore.',
    use: 'route',
    several: 'items',
    emptyIsNone: true,
    accepted:
      'a route as nginx-ingress logs it: {namespace}-{service}-{port} in lower-case letters, digits and hyphens, such as default-web-80',
    accepts: (value: string) => routeForm.test(value),
  },
  namespace: {
    name: 'sls.ingress.namespace',
    description: 'Namespace part of a route given in parts. Default: the namespace of the HPA.',
    ...backendPart,
  },
  service: {
    name: 'sls.ingress.service',
    description:
      'Service part of a route given in parts, for routes longer than a label value (63 characters).',
    ...backendPart,
  },
  port: {
    name: 'sls.ingress.port',
    description: 'Service port, number or name, of a route given in parts.',
    ...backendPart,
  },
  host: {
    name: 'sls.ingress.host',
    description: `Counts only requests to this host, or to the host of this alias (setting hosts); ${others}`,
    ...filter,
    accepted: 'a host name in lower case, such as api.example.com, or an alias of the setting hosts',
    accepts: (value: string) => hostForm.test(value),
  },
  method: {
    name: 'sls.ingress.method',
    description: `Counts only requests with this method; ${others}`,
    ...filter,
    accepted: 'a method in upper case, such as GET',
    accepts: (value: string) => /^[A-Z]{1,20}$/.test(value),
  },
  status: {
    name: 'sls.ingress.status',
    description: `Counts only requests with this status, a code or a class such as 5xx; ${others}`,
    ...filter,
    accepted: 'a status from 100 to 599, 000 for no response, or one of 1xx, 2xx, 3xx, 4xx, 5xx',
    accepts: (value: string) => /^([1-5](xx|\d\d)|000)$/.test(value),
  },
  interval: {
    name: 'sls.query.interval',
    description: 'Length of the window in seconds. Default: 15.',
    use: 'window',
    ...wholeNumber(1, 3600),
  },
  window: {
    name: 'sls.query.window',
    description:
      'adaptive: while requests rise by more than chance, a shorter window counts, of 3 to 12 s; for rates of requests only. Default: as configured (setting reading.window).',
    use: 'window',
    accepted: 'fixed or adaptive',
    accepts: (value: string) => (windowModes as readonly string[]).includes(value),
  },
  delay: {
    name: 'sls.query.delay',
    description:
      'How many seconds before now the window ends, so that late logs are included. Default: as configured or learned.',
    use: 'window',
    ...wholeNumber(0, 600),
  },
  maxRetry: {
    name: 'sls.query.max_retry',
    description: 'How often a failed SLS query is sent again. Default: 5.',
    use: 'window',
    ...wholeNumber(0, 20),
  },
  internalEndpoint: {
    name: 'sls.internal.endpoint',
    description:
      'Whether SLS is reached over the VPC; no effect if the adapter has an explicit endpoint. Left out or empty: as configured.',
    use: 'read',
    emptyIsNone: true,
    accepted: 'true or false',
    accepts: (value: string) => value === 'true' || value === 'false',
  },
  ahead: {
    name: 'sls.forecast.ahead',
    description:
      'For forecasts: how many seconds from now, at least as long as a pod takes to start. Counted in whole minutes. Default: 180.',
    use: 'forecast',
    ...wholeNumber(60, 900),
  },
  quantile: {
    name: 'sls.forecast.quantile',
    description:
      'For forecasts: the share of minutes that the forecast should suffice for. Default: 0.9, which one minute in ten exceeds.',
    use: 'forecast',
    accepted: 'a decimal number from 0.5 to 0.99, such as 0.95',
    accepts: (value: string) => /^0\.\d{1,4}$/.test(value) && Number(value) >= 0.5 && Number(value) <= 0.99,
  },
} as const satisfies Record<string, BuiltInLabel>;

export type LabelId = keyof typeof labelDefinitions;

/** Returns the labels of these uses, in the order of their entries. */
export const labelsFor = (...uses: readonly BuiltInLabel['use'][]): LabelDefinition[] =>
  Object.values(labelDefinitions).filter(({ use }) => uses.includes(use));

export type FilterName = {
  [Id in LabelId]: (typeof labelDefinitions)[Id] extends { readonly use: 'filter' } ? Id : never;
}[LabelId];

export const filterNames = (Object.keys(labelDefinitions) as LabelId[]).filter(
  (id): id is FilterName => labelDefinitions[id].use === 'filter',
);
