import { formatQuantity } from '../grammar/quantity.ts';
import type { ScaleTarget } from '../metric/external-metric-ref.ts';
import { ok, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';

/** Whether the targets of HPAs suit what the metrics measure. */
export const hpaTargets: DoctorCheck = {
  id: 'hpa-targets',
  description: 'The targets of HPAs suit their metrics: type (AverageValue or Value) and size',
  needs: ['hpas'],
  run: ({ facts }) => {
    const units = new Map(facts.get('catalog').metrics.map(({ name, unit }) => [name, unit]));
    const faults = facts.get('autoscalers').flatMap(({ namespace, name, metrics }) =>
      metrics.flatMap(({ name: metric, target }) => {
        const fault = target && faultOf(target, units.get(metric));
        return fault === undefined
          ? []
          : [{ ...fault, found: `HPA ${namespace}/${name}, ${metric}: ${fault.found}` }];
      }),
    );
    const distinct = (texts: readonly string[]) => [...new Set(texts)].join('\n');
    if (faults.length === 0) return ok('all targets suit their metrics');
    return warn(
      distinct(faults.map(({ found }) => found)),
      'Write in the HPA:',
      distinct(faults.map(({ write }) => write)),
    );
  },
};

/** Units of a load that pods share: twice the pods, half for each. */
const shared: ReadonlySet<string> = new Set(['requests/s', 'bytes/s', 'requests']);
/** Units of a figure that is the same for one pod and for many. */
const whole: ReadonlySet<string> = new Set(['ms', 'ratio']);

function faultOf({ kind, value }: ScaleTarget, unit = ''): { found: string; write: string } | undefined {
  const text = formatQuantity(value);
  const type = whole.has(unit) ? 'Value' : 'AverageValue';
  const field = type === 'Value' ? 'value' : 'averageValue';
  const found: string[] = [];
  let quantity = text;
  // A percentage, or seconds.
  if (unit === 'ratio' && value > 1) {
    found.push(`target ${text} is never reached, a ratio is from 0 to 1`);
    quantity = formatQuantity(value / 100);
  }
  if (unit === 'ms' && value < 1) {
    found.push(`target ${text} is ${value} ms, latencies are in ms`);
    quantity = formatQuantity(value * 1000);
  }
  if (shared.has(unit) && kind === 'Value')
    found.push(
      `type Value compares ${text} with the ${unit} of all replicas together, so the target must grow with the replicas`,
    );
  if (whole.has(unit) && kind === 'AverageValue')
    found.push(
      `type AverageValue divides the ${unit === 'ms' ? 'latency' : 'ratio'} by the replicas, which says nothing about one of them`,
    );
  if (found.length === 0) return undefined;
  return {
    found: found.join('; '),
    write: `target: { type: ${type}, ${field}: ${JSON.stringify(quantity)} }`,
  };
}
