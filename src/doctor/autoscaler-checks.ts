import { createAccessCheck } from '../access/access-check.ts';
import { createRequestParser } from '../access/request-parser.ts';
import { type AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import type { ExternalMetricRef } from '../metric/external-metric-ref.ts';
import type { Catalog } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { failed, ok } from './check.ts';
import { nearest } from './edit-distance.ts';
import { remedyOf, type DoctorCheck, type Examination } from './examination.ts';

interface RefusedRead {
  /** `{namespace}/{name}`. */
  readonly hpa: string;
  readonly metric: string;
  readonly ref: ExternalMetricRef;
  readonly error: AdapterError;
}

/** A check of the reads that HPAs name: it fails if one of them is refused with one of the codes. */
interface ReadCheck {
  readonly id: string;
  readonly description: string;
  readonly passed: string;
  readonly codes: readonly ErrorCode[];
  /** Returns what to write instead of the first refused read. */
  readonly write: (refused: RefusedRead, catalog: Catalog) => string | undefined;
}

const readChecks: readonly ReadCheck[] = [
  {
    id: 'hpa-metrics',
    description: 'The adapter serves every external metric that an HPA names',
    passed: 'all metrics are served',
    codes: ['MetricUnknown'],
    write: ({ metric }, { metrics }) => {
      const names = metrics.map((one) => one.name);
      const [name] = nearest(metric, names, 1);
      return name === undefined ? undefined : `metric: { name: ${name} }`;
    },
  },
  {
    id: 'hpa-labels',
    description: 'The selectors of HPAs are valid: labels, operators, values',
    passed: 'all selectors are valid',
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
    description: 'The access section of the configuration allows HPAs to read what they name',
    passed: 'all reads are allowed',
    codes: ['AccessDenied'],
    write: () => undefined,
  },
];

const maxShown = 10;

export const autoscalerChecks: readonly DoctorCheck[] = readChecks.map(
  ({ id, description, passed, codes, write }): DoctorCheck => ({
    id,
    description,
    needs: ['hpas'],
    run: (examination) => {
      const refused = refusedReads(examination).filter(({ error }) => codes.includes(error.code));
      const [first] = refused;
      if (first === undefined) return ok(passed);
      const lines = refused
        .slice(0, maxShown)
        .map(({ hpa, metric, error }) => `HPA ${hpa}, ${metric}: ${error.what}`);
      const more = refused.length > maxShown ? [`and ${refused.length - maxShown} more`] : [];
      return failed(
        [...lines, ...more].join('\n'),
        remedyOf(first.error),
        write(first, examination.facts.get('catalog')),
      );
    },
  }),
);

function refusedReads({ facts }: Examination): RefusedRead[] {
  const { defaults, access } = facts.get('config');
  const parse = createRequestParser(facts.get('catalog'), defaults, createAccessCheck(access));
  return facts.get('autoscalers').flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap((ref) => {
      try {
        if ('refusal' in ref) throw ref.refusal;
        parse(ref.name, namespace, ref.requirements);
        return [];
      } catch (thrown) {
        return [{ hpa: `${namespace}/${name}`, metric: ref.name, ref, error: toAdapterError(thrown) }];
      }
    }),
  );
}
