import { AdapterError } from '../errors.ts';
import { formatQuantity, milliOf } from '../grammar/quantity.ts';
import { autoscalerOf } from '../kube/autoscalers/autoscaler.ts';
import { hpasIn } from '../kube/autoscalers/autoscaler-file.ts';
import { selectorRequirements } from '../kube/autoscalers/autoscaler-selector.ts';
import { metadataOf } from '../kube/client/kube-object.ts';
import { parseMetricRequest } from '../metric/metric-request.ts';
import type { Reader } from '../reading/reader.ts';
import type { ExternalMetricSpec } from '../scaling/autoscaler-spec.ts';
import { parseHpaManifest, type HpaManifest } from '../scaling/hpa-manifest.ts';
import { proposedReplicas } from '../scaling/proposal.ts';
import { createReading } from '../service/reading-stack.ts';
import { failed, ok } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { baseRequest, madeByAdapter } from './hpa-reads.ts';

/** Takes the place of the check of the cluster's HPAs. */
export const fileHpas: DoctorCheck = {
  id: 'hpas',
  description: 'The API server would take the HPAs of the file, and they name external metrics',
  needs: ['configuration'],
  run: ({ input, facts }) => {
    const { source, text } = input.hpaFile ?? { source: '', text: '' };
    const objects = hpasIn(text, source).map((object) => ({
      ...object,
      metadata: { namespace: input.namespace, ...metadataOf(object) },
    }));
    const faults: string[] = [];
    const manifests = objects.flatMap((object) => {
      try {
        return [parseHpaManifest(object, true)];
      } catch (error) {
        if (!(error instanceof AdapterError)) throw error;
        faults.push(`HPA ${String(metadataOf(object)['name'])}: ${error.what}`);
        return [];
      }
    });
    const remedy = 'Correct the file; kubectl apply --dry-run=server checks the whole HPA.';
    if (faults.length > 0) return failed(faults.join('\n'), remedy);
    const names = manifests.reduce((sum, { spec }) => sum + spec.metrics.length, 0);
    if (names === 0)
      return failed(
        `${source} has no HPA${manifests.length === 0 ? '' : ' that names an external metric'}`,
        'Name a file with an HPA that has a metric of type External; routes --hpa prints one.',
      );
    const autoscalers = objects.flatMap((object) => autoscalerOf(object) ?? []);
    facts.learn({ autoscalers, hpaManifests: manifests });
    return ok(`${source} names ${counted(names, 'external metric')} in ${counted(manifests.length, 'HPA')}`);
  },
};

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Reads each metric of the file as an HPA does, and proposes replicas by the rules of the HPA controller. */
export const hpaReadings: DoctorCheck = {
  id: 'hpa-readings',
  description:
    'Each metric has a reading, or the one that a forecast is of. The result has it, and the replicas that it asks for',
  needs: ['hpas', 'fields'],
  runsAfter: ['freshness'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const { dependencies, facts } = examination;
    using stack = createReading(facts.get('config'), dependencies, dependencies.observer);
    const errors: AdapterError[] = [];
    const lines: string[] = [];
    for (const manifest of facts.get('hpaManifests')) {
      const hpa = `HPA ${manifest.namespace ?? ''}/${manifest.name}`;
      const wanted: number[] = [];
      const notRead = [...manifest.otherMetrics];
      for (const [index, metric] of manifest.spec.metrics.entries()) {
        const tell = (text: string) => lines.push(`${hpa}, ${metric.name}: ${text}`);
        try {
          const reading = await readMetric(stack.reader, manifest, index, examination, signal);
          const read = `reads ${reading.milli / 1000} ${reading.unit}`;
          if (reading.isOfForecast) {
            notRead.push(metric.name);
            tell(`${reading.metric} ${read}, ${madeByAdapter}`);
            continue;
          }
          const { replicas, text } = replicasFor(reading.milli, metric, manifest.spec);
          wanted.push(replicas);
          tell(`${read}, target ${targetText(metric)}: wants ${text}`);
        } catch (error) {
          if (!(error instanceof AdapterError)) throw error;
          errors.push(error);
          tell(`${error.what} (${error.code})`);
        }
      }
      const others = notRead.length === 0 ? '' : `; not read here: ${notRead.join(', ')}`;
      if (wanted.length > 1 || (wanted.length === 1 && others !== ''))
        lines.push(`${hpa} takes the highest: ${Math.max(...wanted)}${others}`);
    }
    if (errors.length === 0) return ok(lines.join('\n'));
    return failed(lines.join('\n'), [...new Set(errors.map(({ remedy }) => remedy))].join(' '));
  },
};

const targetText = ({ kind, targetMilli }: ExternalMetricSpec) =>
  `${formatQuantity(targetMilli / 1000)}${kind === 'AverageValue' ? ' a replica' : ''}`;

/**
 * Returns the sum of the items in thousandths, each rounded up, as the HPA controller adds them. In place of a forecast it reads
 * what that is of.
 */
async function readMetric(
  reader: Reader,
  { namespace = '', spec, selectors }: HpaManifest,
  index: number,
  { facts }: Examination,
  signal: AbortSignal,
) {
  const requirements = selectorRequirements(selectors[index]);
  const name = spec.metrics[index]?.name ?? '';
  const { defaults } = facts.get('config');
  const named = parseMetricRequest(name, namespace, requirements, defaults, facts.get('catalog'));
  const isOfForecast = named.metric.isForecast === true;
  const request = isOfForecast ? baseRequest({ request: named, requirements, namespace }, { facts }) : named;
  const { items } = await reader.read(request, signal);
  const milli = items.map(({ sample }) => Number(milliOf(sample.value)));
  const { name: metric, unit } = request.metric;
  return { milli: milli.reduce((sum, one) => sum + one, 0), metric, unit, isOfForecast };
}

/** The controller's own tolerance. */
const tolerance = 0.1;

/** Returns the replicas for an HPA that runs with its minimum, since a file does not say how many run. */
function replicasFor(
  milli: number,
  metric: ExternalMetricSpec,
  { minReplicas, maxReplicas }: HpaManifest['spec'],
) {
  const running = Math.max(1, minReplicas);
  const pods = { specReplicas: running, statusReplicas: running, readyReplicas: running };
  const tolerances = { up: tolerance, down: tolerance, ofRatio: true };
  const proposed = proposedReplicas(milli, metric, pods, tolerances);
  const from = metric.kind === 'Value' ? ` if ${running} run` : '';
  const text = `${counted(proposed, 'replica')}${from}`;
  const replicas = Math.min(maxReplicas, Math.max(minReplicas, proposed));
  if (replicas === proposed) return { replicas, text };
  const bound = proposed > maxReplicas ? 'maxReplicas' : 'minReplicas';
  return { replicas, text: `${text}, gets ${bound} ${replicas}` };
}
