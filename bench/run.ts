import process from 'node:process';
import { parseArgs } from 'node:util';
import { lineTable, meetsTarget, type Line } from './line.ts';
import type { Row } from './row.ts';
import { coldBurst } from './rows/cold-burst.ts';
import { coldRead } from './rows/cold-read.ts';
import { fleet1000, fleet10000 } from './rows/fleet.ts';
import { reaction } from './rows/reaction.ts';
import { replay } from './rows/replay.ts';
import { scrape } from './rows/scrape.ts';
import { start } from './rows/start.ts';
import { warmRead } from './rows/warm-read.ts';
import { endingSignal } from './support/ending-signal.ts';

const rows: readonly Row[] = [
  start,
  warmRead,
  coldRead,
  coldBurst,
  fleet1000,
  fleet10000,
  reaction,
  scrape,
  replay,
];

/** Ends a run that hangs. All rows together take less. */
const maxSeconds = 600;

/** `npm run bench` runs all rows or the given ones. It fails if a target is missed. */
const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { output: { type: 'string', short: 'o', default: 'table' } },
});
const unknown = names.filter((name) => rows.every((row) => row.name !== name));
if (unknown.length > 0 || !['table', 'json'].includes(values.output)) {
  console.error(`npm run bench -- [-o table|json] [${rows.map(({ name }) => name).join('|')}]...`);
  process.exitCode = 2;
} else {
  const lines: Line[] = [];
  const startMs = performance.now();
  const progress = (text: string) =>
    console.error(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  const signal = endingSignal(maxSeconds);
  const unmeasured: string[] = [];
  const measure = async (row: Row): Promise<readonly Line[]> => {
    progress(row.name);
    try {
      signal.throwIfAborted();
      return await row.measure({ signal, progress });
    } catch (error) {
      console.error(signal.aborted ? String(signal.reason) : error);
      unmeasured.push(row.name);
      return [];
    }
  };
  const chosen = rows.filter(({ name }) => names.length === 0 || names.includes(name));
  const inBackground = chosen.filter((row) => row.inBackground === true).map(measure);
  for (const row of chosen.filter((one) => one.inBackground !== true)) lines.push(...(await measure(row)));
  lines.push(...(await Promise.all(inBackground)).flat());
  progress(unmeasured.length === 0 ? 'done' : `could not measure: ${unmeasured.join(', ')}`);
  const good = unmeasured.length === 0 && lines.every((line) => meetsTarget(line) !== false);
  process.exitCode = good && !signal.aborted ? 0 : 1;
  const judged = lines.map((line) => ({ ...line, ok: meetsTarget(line) ?? null }));
  console.log(values.output === 'json' ? JSON.stringify(judged, undefined, 2) : lineTable(lines));
}
