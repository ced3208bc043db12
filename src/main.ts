#!/usr/bin/env node
import { runProgram } from './cli/program.ts';
import { runProcess } from './cli/run-process.ts';

await runProcess('sls-metrics-adapter', runProgram);
