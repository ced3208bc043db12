import type { Row } from '../row.ts';
import { failureTexts, fleetLines } from '../fleet/fleet-lines.ts';
import { runFleet, type FleetPlan } from '../fleet/fleet.ts';

const plan: FleetPlan = {
  logstores: 1,
  routesPerLogstore: 1000,
  linesPerSecond: 1,
  namespaces: 20,
  autoscalers: false,
  tickMs: 50,
  passes: 3,
  quiet: { spans: 3, spanSeconds: 5 },
};

/** A thousand routes on one logstore, each read every 15 s. */
export const fleet1000: Row = {
  name: 'fleet-1000',
  async measure(context) {
    const run = await runFleet(plan, context);
    for (const text of failureTexts(run)) context.progress(text);
    return fleetLines('fleet-1000', run, plan.linesPerSecond, {
      p99Ms: 5,
      readingQueriesPerMinute: 12,
      completenessQueriesPerMinute: 4,
      cpuPercent: 8,
    });
  },
};
