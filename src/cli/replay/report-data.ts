import { stringify } from 'yaml';
import { phases } from '../../replay/replay.ts';
import { timeColumns } from '../../replay/report.ts';
import { withSettings } from '../../scaling/print-hpa.ts';
import { head, introduction, row, rowsOf, settingCells, settingHead } from './replay-text.ts';
import type { Replayed } from './replayed.ts';
import type { Swept } from './sweep-settings.ts';

/** Returns what the page of a report shows. `src/replay/page/report.js` reads it. */
export function reportData(replayed: Replayed, swept: Swept | undefined) {
  const { hpa, runs, input, capacities, traffic, limits, notes } = replayed;
  const run = runs.at(-1);
  const middle = (input.readings.length - 1) >> 1;
  const readings = input.readings[middle] ?? { syncs: new Float64Array(), usagesMilli: [] };
  const load = { needed: input.needed, startupSeconds: run?.startupSeconds ?? 0 };
  const capacity = capacities.find((one) => one !== undefined) ?? 1;
  const changes = { changes: run?.figures.changes ?? [] };
  return {
    title: `Replay of ${hpa.namespace}/${hpa.manifest.name}`,
    what: introduction(replayed),
    phases: `Medians over ${phases} phases of the controller's beat; in parentheses, the least and the most. The plots show one phase, with the longest startup time.`,
    unit: hpa.requests[0]?.metric.unit ?? '',
    head: head(replayed),
    rows: rowsOf(replayed),
    ...timeColumns(changes, readings, load, traffic.fromSeconds, capacity),
    limits: [...notes, ...limits],
    ...(swept === undefined ? {} : { sweep: sweepData(swept, replayed) }),
  };
}

function sweepData(swept: Swept, replayed: Replayed) {
  const { settings, front, shown, recommended, reason, startupSeconds } = swept;
  const sorted = settings.toSorted((a, b) => a.podHours - b.podHours);
  const isBest = new Set(front);
  const minutes = (seconds: number) => seconds / 60;
  const only = (isShown: (setting: (typeof sorted)[number], index: number) => boolean) =>
    sorted.map((one, index) => (isShown(one, index) ? minutes(one.overloadedSeconds) : null));
  return {
    podHours: sorted.map(({ podHours }) => podHours),
    minutes: only(() => true),
    front: only((one) => isBest.has(one)),
    present: only((one) => one === settings[0]),
    recommended: only((one) => one.spec === recommended.spec),
    head: settingHead(replayed).slice(1),
    rows: shown.map(({ spec, figures }) => [
      ...settingCells(spec),
      ...row('', startupSeconds, figures, replayed).slice(2),
    ]),
    chosen: shown.findIndex(({ spec }) => spec === recommended.spec),
    reason,
    manifest: stringify(withSettings(replayed.hpa.manifest, recommended.spec, replayed.hpa.indices), {
      lineWidth: 0,
    }),
  };
}
