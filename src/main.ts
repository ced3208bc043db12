#!/usr/bin/env node
import { runProgram } from './cli/program.ts';
import { runProcess } from './cli/run-process.ts';
import { keepTickShape } from './runtime/tick-shape.ts';

keepTickShape();
await runProcess('sls-metrics-adapter', runProgram);
