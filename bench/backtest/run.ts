import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { backtest, type Backtest } from './backtest.ts';
import { overloadTable, scoreTable } from './tables.ts';
import { readTrace } from './trace.ts';

const ownTrace = resolve(import.meta.dirname, 'worldcup98-week.txt');
const usage = `npm run backtest -- [FILE...] [--bin 60] [--quantile 0.9] [-o table|json]

FILE has a number a line, the requests of a bin, or is a CSV file with the header timestamp,value. A first line such as
"# requests per second" says how long a bin is; else --bin does, in seconds. Without a file: a week of the World Cup 1998.`;

/** `npm run backtest`: how good forecasts are on past traffic. */
async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      output: { type: 'string', short: 'o', default: 'table' },
      bin: { type: 'string', default: '60' },
      quantile: { type: 'string', default: '0.9' },
    },
  });
  const [binSeconds, quantile] = [Number(values.bin), Number(values.quantile)];
  const isBin = Number.isInteger(binSeconds) && binSeconds > 0;
  if (!['table', 'json'].includes(values.output) || !isBin || !(quantile >= 0.5 && quantile <= 0.99)) {
    console.error(usage);
    return 2;
  }
  const startMs = performance.now();
  const progress = (text: string) =>
    console.error(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  const done: Backtest[] = [];
  for (const file of positionals.length > 0 ? positionals : [ownTrace])
    done.push(
      backtest(readTrace(basename(file), await readFile(file, 'utf8'), binSeconds), progress, quantile),
    );
  const all = {
    rows: done.flatMap(({ rows }) => rows),
    overloadRows: done.flatMap(({ overloadRows }) => overloadRows),
  };
  if (values.output === 'json') console.log(JSON.stringify(all, undefined, 2));
  else console.log(`${scoreTable(all.rows)}\n\n${overloadTable(all.overloadRows)}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
