import type { Row } from '../row.ts';
import { failureTexts, fleetLines } from '../fleet/fleet-lines.ts';
import { runFleet, type FleetPlan } from '../fleet/fleet.ts';

const plan: FleetPlan = {
  logstores: 10,
  routesPerLogstore: 1000,
  // Three in a window.
  linesPerSecond: 0.2,
  namespaces: 20,
  autoscalers: true,
  tickMs: 250,
  passes: 2,
  quiet: { spans: 2, spanSeconds: 5 },
};

/** Ten thousand routes on ten logstores of one project, each read every 15 s. */
export const fleet10000: Row = {
  name: 'fleet-10000',
  async measure(context) {
    const run = await runFleet(plan, context);
    for (const text of failureTexts(run)) context.progress(text);
    return fleetLines('fleet-10000', run, plan.linesPerSecond, { queriesPerMinute: 160, peakMb: 260 });
  },
};
