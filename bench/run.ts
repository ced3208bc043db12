import process from 'node:process';
import { alignedTable } from '../src/cli/table.ts';
import type { Line } from './row.ts';
import { warmRead } from './rows/warm-read.ts';

const rows = [warmRead];

/** `npm run bench`: all rows, or those named. Fails where a target is missed. */
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => rows.every((row) => row.name !== name));
if (unknown.length > 0) {
  console.error(
    `there is no row ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const lines: Line[] = [];
  for (const row of rows.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    lines.push(...(await row.measure()));
  }
  console.log(
    alignedTable(
      ['ROW', 'ADAPTER', 'BARE', 'RATIO', 'TARGET', 'OK'],
      lines.map(({ what, adapter, bare, ratio, target, ok }) => [
        what,
        adapter,
        bare,
        ratio,
        target,
        ok ? 'yes' : 'NO',
      ]),
    ),
  );
  process.exitCode = lines.every(({ ok }) => ok) ? 0 : 1;
}
