import { createAccessCheck } from '../access/access-check.ts';
import { createRequestParser, type RequestParser } from '../access/request-parser.ts';
import { type AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import type { ExternalMetricRef } from '../kube/autoscalers/autoscaler.ts';
import type { Catalog } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { failed, ok } from './check.ts';
import { nearest } from './edit-distance.ts';
import { remedyOf, type DoctorCheck, type Examination } from './examination.ts';

interface Refused {
  /** `{namespace}/{name}` of the HPA. */
  readonly by: string;
  readonly metric: string;
  readonly ref: ExternalMetricRef;
  readonly error: AdapterError;
}

/** What an HPA may have wrong, by the codes that its read is refused with. */
interface Fault {
  readonly id: string;
  readonly what: string;
  readonly fine: string;
  readonly codes: readonly ErrorCode[];
  /** What to write instead of the first of them. */
  readonly write: (refused: Refused, catalog: Catalog) => string | undefined;
}

const faults: readonly Fault[] = [
  {
    id: 'hpa-metrics',
    what: 'Whether every external metric that an HPA names is served',
    fine: 'all are served',
    codes: ['MetricUnknown'],
    write: ({ metric }, { metrics }) => {
      const [name] = nearest(
        metric,
        metrics.map((one) => one.name),
        1,
      );
      return name === undefined ? undefined : `metric: { name: ${name} }`;
    },
  },
  {
    id: 'hpa-labels',
    what: 'Whether the selectors of HPAs are understood: labels, operators, values',
    fine: 'all are understood',
    codes: ['LabelUnknown', 'LabelMissing', 'LabelValueInvalid', 'OperatorUnsupported', 'SelectorMalformed'],
    write: ({ ref, error }) => {
      if (error.code !== 'LabelUnknown' || 'refusal' in ref) return undefined;
      const names = Object.values(labelDefinitions).map(({ name }) => name);
      const wrong = ref.requirements.find(({ key }) => !names.some((name) => name === key));
      const [name] = wrong === undefined ? [] : nearest(wrong.key, names, 1);
      return name === undefined ? undefined : `${name}: ${wrong?.values[0] ?? 'VALUE'}`;
    },
  },
  {
    id: 'hpa-access',
    what: 'Whether the access section lets HPAs read what they name',
    fine: 'all may read what they name',
    codes: ['AccessDenied'],
    write: () => undefined,
  },
];

const shown = 10;

export const autoscalerChecks: readonly DoctorCheck[] = faults.map(
  ({ id, what, fine, codes, write }): DoctorCheck => ({
    id,
    what,
    after: ['hpas'],
    run: (examination) => {
      const refused = refusedReads(examination).filter(({ error }) => codes.includes(error.code));
      const [first] = refused;
      if (first === undefined) return ok(fine);
      const lines = refused
        .slice(0, shown)
        .map(({ by, metric, error }) => `HPA ${by}, ${metric}: ${error.what}`);
      const more = refused.length > shown ? [`and ${refused.length - shown} more`] : [];
      return failed(
        [...lines, ...more].join('\n'),
        remedyOf(first.error),
        write(first, examination.facts.get('catalog')),
      );
    },
  }),
);

function refusedReads({ facts }: Examination): Refused[] {
  const { defaults, access } = facts.get('config');
  const parse = createRequestParser(facts.get('catalog'), defaults, createAccessCheck(access));
  return facts.get('autoscalers').flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap((ref) => {
      const error = refusalOf(parse, namespace, ref);
      return error === undefined ? [] : [{ by: `${namespace}/${name}`, metric: ref.name, ref, error }];
    }),
  );
}

function refusalOf(
  parse: RequestParser,
  namespace: string,
  ref: ExternalMetricRef,
): AdapterError | undefined {
  if ('refusal' in ref) return ref.refusal;
  try {
    parse(ref.name, namespace, ref.requirements);
    return undefined;
  } catch (error) {
    return toAdapterError(error);
  }
}
