import { runProcess } from '../../src/cli/run-process.ts';
import { runDemo } from './demo.ts';

await runProcess('demo', runDemo);
