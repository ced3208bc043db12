import { failureSummaries, fleetLines, type FleetTargets } from '../fleet/fleet-lines.ts';
import { runFleet, type FleetPlan } from '../fleet/fleet.ts';
import type { Row } from '../row.ts';

/** 1,000 routes on one logstore, each read every 15 s. */
export const fleet1000 = fleetRow(
  'fleet-1000',
  {
    logstores: 1,
    routesPerLogstore: 1000,
    linesPerSecond: 1,
    namespaces: 20,
    tickMs: 50,
    passes: 3,
    idle: { spans: 3, spanSeconds: 5 },
  },
  { p99Ms: 5, ageSeconds: 2.2, queriesPerMinute: 20, cpuPercent: 8 },
);

/** 10,000 routes on ten logstores of one project, each read every 15 s. */
export const fleet10000 = fleetRow(
  'fleet-10000',
  {
    logstores: 10,
    routesPerLogstore: 1000,
    // Three lines per window.
    linesPerSecond: 0.2,
    namespaces: 20,
    tickMs: 250,
    passes: 2,
    idle: { spans: 2, spanSeconds: 5 },
  },
  { queriesPerMinute: 200, peakMb: 260 },
);

function fleetRow(name: string, plan: FleetPlan, targets: FleetTargets): Row {
  return {
    name,
    async measure(context) {
      const run = await runFleet(plan, context);
      for (const text of failureSummaries(run)) context.progress(text);
      return fleetLines(name, run, plan.linesPerSecond, targets);
    },
  };
}
