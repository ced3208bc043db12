import process from 'node:process';
import { parseArgs } from 'node:util';
import { holds, lineTable, type Line } from './line.ts';
import type { Row } from './row.ts';
import { coldBurst } from './rows/cold-burst.ts';
import { coldRead } from './rows/cold-read.ts';
import { fleet1000 } from './rows/fleet-1000.ts';
import { fleet10000 } from './rows/fleet-10000.ts';
import { reaction } from './rows/reaction.ts';
import { scrape } from './rows/scrape.ts';
import { start } from './rows/start.ts';
import { warmRead } from './rows/warm-read.ts';
import { endingSignal } from './support/ending-signal.ts';

const rows: readonly Row[] = [start, warmRead, coldRead, coldBurst, fleet1000, fleet10000, reaction, scrape];

/** All rows together take less. This ends a run that hangs. */
const mostSeconds = 330;

/** `npm run bench`: all rows, or those named. Fails where a target is missed. */
const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { output: { type: 'string', short: 'o', default: 'table' } },
});
const unknown = wanted.filter((name) => rows.every((row) => row.name !== name));
if (unknown.length > 0 || !['table', 'json'].includes(values.output)) {
  console.error(`npm run bench -- [-o table|json] [${rows.map(({ name }) => name).join('|')}]...`);
  process.exitCode = 2;
} else {
  const lines: Line[] = [];
  const startMs = performance.now();
  const progress = (text: string) =>
    console.error(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  const signal = endingSignal(mostSeconds);
  const broken: string[] = [];
  const measure = async (row: Row): Promise<readonly Line[]> => {
    progress(row.name);
    try {
      signal.throwIfAborted();
      return await row.measure({ signal, progress });
    } catch (error) {
      console.error(signal.aborted ? String(signal.reason) : error);
      broken.push(row.name);
      return [];
    }
  };
  const chosen = rows.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const meanwhile = chosen.filter((row) => row.meanwhile === true).map(measure);
  for (const row of chosen.filter((one) => one.meanwhile !== true)) lines.push(...(await measure(row)));
  lines.push(...(await Promise.all(meanwhile)).flat());
  progress(broken.length === 0 ? 'done' : `could not be measured: ${broken.join(', ')}`);
  const good = broken.length === 0 && lines.every((line) => holds(line) !== false);
  process.exitCode = good && !signal.aborted ? 0 : 1;
  const judged = lines.map((line) => ({ ...line, ok: holds(line) ?? null }));
  console.log(values.output === 'json' ? JSON.stringify(judged, undefined, 2) : lineTable(lines));
}
