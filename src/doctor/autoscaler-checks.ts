import { createAccessCheck, createRequestParser } from '../access/access-check.ts';
import { type AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import type { Catalog } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest } from '../metric/metric-request.ts';
import { noForecasts } from '../reading/history/kept-forecast.ts';
import { failed, ok } from './check.ts';
import { nearest } from './edit-distance.ts';
import type { DoctorCheck, Examination } from './examination.ts';

interface RefusedRead {
  /** `{namespace}/{name}`. */
  readonly hpa: string;
  readonly metric: string;
  readonly error: AdapterError;
  /** The key and the first value of the label at fault, if it is one label. */
  readonly label?: readonly [string, string | undefined];
}

/** A check of the reads that HPAs name: it fails if one of them is refused with one of the codes. */
interface ReadCheck {
  readonly id: string;
  readonly description: string;
  readonly passed: string;
  readonly codes: readonly ErrorCode[];
  /** Metrics that the check is about. Default: all. */
  readonly isAbout?: (metric: string) => boolean;
  /** Default: that of the errors. */
  readonly remedy?: string;
  /** Returns what to write instead. */
  readonly write: (refused: RefusedRead, catalog: Catalog) => string | undefined;
}

/** Load balancers, Cloud Monitor and AHAS. Source: pkg/metrics of the stock adapter. Its metrics of Prometheus have any name. */
export const onlyStock = /^(slb_l4|slb_l7|k8s_workload|ahas_sentinel)_/;

const readChecks: readonly ReadCheck[] = [
  {
    id: 'stock-metrics',
    description:
      'No HPA names a metric of load balancers, Cloud Monitor or AHAS, which only the stock adapter of ACK serves',
    passed: 'no HPA needs the stock adapter',
    codes: ['MetricUnknown'],
    isAbout: (metric) => onlyStock.test(metric),
    remedy:
      'Only the stock adapter serves these. Before it is replaced, give these HPAs another metric, or keep it (docs/migrate.md).',
    write: () => undefined,
  },
  {
    id: 'hpa-metrics',
    description: 'The adapter serves every external metric that an HPA names',
    passed: 'all metrics are served',
    codes: ['MetricUnknown', 'ForecastNotReady'],
    isAbout: (metric) => !onlyStock.test(metric),
    write: ({ metric, error }, { metrics }) => {
      if (error.code !== 'MetricUnknown') return undefined;
      const names = metrics.map((one) => one.name);
      const [name] = nearest(metric, names, 1);
      return name === undefined ? undefined : `metric: { name: ${name} }`;
    },
  },
  {
    id: 'hpa-labels',
    description: 'The selectors of HPAs are valid: labels, operators, values',
    passed: 'all selectors are valid',
    codes: [
      'LabelUnknown',
      'LabelMissing',
      'LabelValueInvalid',
      'OperatorUnsupported',
      'SelectorMalformed',
      'LabelValueTooLong',
    ],
    write: ({ label: [key = '', value = 'VALUE'] = [], error }) => {
      if (error.code !== 'LabelUnknown') return undefined;
      const names = Object.values(labelDefinitions).map(({ name }) => name);
      const [name] = nearest(key, names, 1);
      return name === undefined ? undefined : `${name}: ${value}`;
    },
  },
  {
    id: 'hpa-access',
    description: 'The access section of the configuration allows HPAs to read what they name',
    passed: 'all reads with a valid selector are allowed',
    codes: ['AccessDenied'],
    write: () => undefined,
  },
];

const maxShown = 10;

export const autoscalerChecks: readonly DoctorCheck[] = readChecks.map(
  ({ id, description, passed, codes, isAbout = () => true, remedy, write }): DoctorCheck => ({
    id,
    description,
    needs: ['hpas'],
    run: (examination) => {
      const refused = refusedReads(examination).filter(
        ({ error, metric }) => codes.includes(error.code) && isAbout(metric),
      );
      if (refused.length === 0) return ok(passed);
      const alike = [...Map.groupBy(refused, ({ hpa, error }) => `${hpa} ${error.what}`).values()];
      const lines = alike
        .slice(0, maxShown)
        .map(
          (some) =>
            `HPA ${some[0]?.hpa}, ${some.map(({ metric }) => metric).join(', ')}: ${some[0]?.error.what}`,
        );
      const more = alike.length > maxShown ? [`and ${alike.length - maxShown} more`] : [];
      const distinct = (texts: readonly (string | undefined)[]) => [
        ...new Set(texts.filter((text) => text !== undefined)),
      ];
      const catalog = examination.facts.get('catalog');
      const corrections = distinct(refused.slice(0, maxShown).map((one) => write(one, catalog)));
      return failed(
        [...lines, ...more].join('\n'),
        remedy ?? distinct(refused.map(({ error }) => error.remedy)).join(' '),
        corrections.length === 0 ? undefined : corrections.join('\n'),
      );
    },
  }),
);

export function refusedReads({ facts }: Examination): RefusedRead[] {
  const { defaults, access, reading } = facts.get('config');
  const catalog = facts.get('catalog');
  const parse = createRequestParser(catalog, defaults, createAccessCheck(access));
  return facts.get('autoscalers').flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap((ref) => {
      const read = { hpa: `${namespace}/${name}`, metric: ref.name };
      if ('refusal' in ref) return [{ ...read, error: ref.refusal }];
      const error = errorOf(() => {
        const { metric } = parse(ref.name, namespace, ref.requirements);
        if (metric.isForecast === true && reading.maxForecasts === 0) throw noForecasts();
      });
      if (error === undefined) return [];
      const wrong = wrongLabels(ref.name, namespace, ref.requirements, catalog);
      const others = wrong.filter((one) => one.error.what !== error.what);
      const first = wrong.find((one) => one.error.what === error.what);
      return [first ?? { error }, ...others].map((one) => ({ ...read, ...one }));
    }),
  );
}

/** Returns the labels that are refused also alone, so that all of them show at once. */
function wrongLabels(
  metric: string,
  namespace: string,
  requirements: readonly Requirement[],
  catalog: Catalog,
): Pick<RefusedRead, 'error' | 'label'>[] {
  return requirements.flatMap((requirement) => {
    const error = errorOf(() => parseMetricRequest(metric, namespace, [requirement], anyLogstore, catalog));
    // What is missing shows only in the whole selector.
    if (error === undefined || error.code === 'LabelMissing' || error.code === 'MetricUnknown') return [];
    return [{ error, label: [requirement.key, requirement.values[0]] as const }];
  });
}

/** Stands for labels that a selector must have, while its other labels are tried. */
const anyLogstore = { project: 'any', logstore: 'any' };

function errorOf(attempt: () => unknown): AdapterError | undefined {
  try {
    attempt();
    return undefined;
  } catch (thrown) {
    return toAdapterError(thrown);
  }
}
