import { runProcess } from '../src/cli/run-process.ts';
import { runEmulate } from './emulate.ts';

await runProcess('emulate', runEmulate);
