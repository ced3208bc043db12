import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { PhaseReadings } from './readings.ts';
import { Deployment, type Load, type Run } from './run.ts';

/** More points than a screen has columns show nothing more. */
const mostPoints = 1500;

/**
 * Returns what a run looks like over time, as columns that `page/report.js` draws: of each part the most that was needed and
 * read, the fewest ready pods, and the overloaded seconds.
 *
 * @param capacity what one pod takes
 */
export function timeColumns(
  { changes }: Pick<Run, 'changes'>,
  { syncs, usagesMilli }: PhaseReadings,
  load: Load,
  fromSeconds: number,
  capacity: number,
) {
  const { needed } = load;
  const step = Math.max(1, Math.ceil(needed.length / mostPoints));
  const count = Math.ceil(needed.length / step);
  const column = (value: number) => new Array<number>(count).fill(value);
  const columns = { needed: column(0), replicas: column(0), ready: column(Infinity), overloaded: column(0) };
  const reading = new Array<number | null>(count).fill(null);
  const [first, ...others] = changes;
  const deployment = new Deployment(load, first?.[1] ?? 0);
  let next = 0;
  for (let second = 0; second < needed.length; second++) {
    for (let change = others[next]; change !== undefined && change[0] <= second; change = others[++next])
      deployment.scale(change[1], change[0]);
    deployment.pass(second);
    const at = Math.floor(second / step);
    const pods = needed[second] ?? 0;
    columns.needed[at] = Math.max(columns.needed[at] ?? 0, pods);
    columns.replicas[at] = Math.max(columns.replicas[at] ?? 0, deployment.replicas);
    columns.ready[at] = Math.min(columns.ready[at] ?? Infinity, deployment.ready);
    if (pods > deployment.ready) columns.overloaded[at] = (columns.overloaded[at] ?? 0) + 1;
  }
  for (const [index, sync] of syncs.entries()) {
    const at = Math.floor(sync / step);
    const usage = (usagesMilli[0]?.[index] ?? Number.NaN) / 1000;
    if (!Number.isNaN(usage) && at < count) reading[at] = Math.max(reading[at] ?? 0, usage);
  }
  return {
    ...columns,
    reading: held(reading),
    /** Unix seconds. */
    times: columns.needed.map((_, index) => fromSeconds + index * step),
    /** In the unit of the metric. */
    demand: columns.needed.map((pods) => pods * capacity),
  };
}

/** A reading holds until the next one. */
function held(values: readonly (number | null)[]): (number | null)[] {
  let last: number | null = null;
  return values.map((value) => (last = value ?? last));
}

/** Returns one page that needs no network: its styles, its scripts, its plotting library and its data are in it. */
export async function reportPage(data: object): Promise<string> {
  const read = (name: string) => readFile(join(import.meta.dirname, 'page', name), 'utf8');
  const library = createRequire(import.meta.url).resolve('uplot/package.json');
  const ofLibrary = (name: string) => readFile(join(library, '..', 'dist', name), 'utf8');
  const [page, styles, script, licence, libraryStyles, libraryScript] = await Promise.all([
    read('report.html'),
    read('report.css'),
    read('report.js'),
    ofLibrary('../LICENSE'),
    ofLibrary('uPlot.min.css'),
    ofLibrary('uPlot.iife.min.js'),
  ]);
  // In JSON, `<` may be written so. No text of the data can then end the script.
  const json = JSON.stringify(data).replaceAll('<', String.raw`\u003c`);
  return page
    .replace('/* styles */', () => `${libraryStyles}\n${styles}`)
    .replace('/* data */', () => json)
    .replace('/* scripts */', () => `/*\n${licence}*/\n${libraryScript}\n${script}`);
}
