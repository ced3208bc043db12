import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { runProcess } from '../../src/cli/run-process.ts';
import { runLiveSls } from './live-sls.ts';

/** Without a terminal no question can be answered, so the answer is no. */
async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D close the input.
    const answer = await Promise.race([lines.question(question), once(lines, 'close').then(() => '')]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

await runProcess('test:sls', (argv, io) => runLiveSls(argv, io, { confirm }));
