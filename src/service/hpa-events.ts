import { hostname } from 'node:os';
import type { Config } from '../config/schema.ts';
import { AutoscalerEvents } from '../kube/autoscalers/autoscaler-events.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Surroundings } from './surroundings.ts';

/** Events on the HPAs whose metrics fail, and who tells of the failures. */
export interface HpaEvents {
  readonly observer: Partial<Telemetry>;
  /** Undefined: none are to be written. */
  readonly events: AutoscalerEvents | undefined;
}

export function createHpaEvents({ kubernetes }: Config, { clock }: Surroundings): HpaEvents {
  if (!kubernetes.events) return { observer: {}, events: undefined };
  const events = new AutoscalerEvents(clock, { instance: hostname() });
  return {
    events,
    observer: {
      autoscalerMetricRefused: (refusal) => events.refused(refusal),
      readFinished: ({ read, error }) => {
        // Whoever has gone away has met no failure.
        if (error === undefined || error.code === 'Canceled') return;
        const { namespace, metric, selector } = read;
        events.readFailed({ namespace, metric, requirements: requirementsOf(selector), error });
      },
    },
  };
}

/** A selector that cannot be read is none of an HPA, whose selectors the API server has checked. */
function requirementsOf(selector: string): readonly unknown[] {
  try {
    return parseLabelSelector(selector);
  } catch {
    return [selector];
  }
}
