import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { expectWithin } from '../../support/own-time.ts';
import { onlyContainer, renderGuide, type Serving } from './chart.ts';

/** A server that answers each request after a second, and prints its port. Its argument: whether it ignores TERM. */
const server = `
const { createServer } = require('node:http');
const [ignores] = process.argv.slice(2);
const running = createServer((_, reply) => setTimeout(() => reply.end('done'), 1000));
running.listen(0, '127.0.0.1', () => console.log(running.address().port));
process.on('SIGTERM', () => { if (ignores === 'no') running.close(() => process.exit(0)); });
`;
const drainSeconds = 2;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stop-'));
  await writeFile(join(directory, 'server.cjs'), server);
});
afterAll(() => rm(directory, { recursive: true }));

async function ask(port: number): Promise<string> {
  const request = get({ host: '127.0.0.1', port, agent: false });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  return text(reply);
}

/** Stops a process as a kubelet does: preStop hook, TERM, and KILL after the grace period. Returns how long it took. */
async function stopAsKubelet(child: ChildProcess, preStop: readonly string[], graceSeconds: number) {
  const startMs = performance.now();
  const kill = setTimeout(() => child.kill('SIGKILL'), graceSeconds * 1000);
  const ended = once(child, 'exit');
  await once(spawn(preStop[0] ?? '', preStop.slice(1)), 'exit');
  child.kill('SIGTERM');
  await ended;
  clearTimeout(kill);
  return (performance.now() - startMs) / 1000;
}

it.each([
  ['TensorFlow Serving, which ignores TERM', 'tfserving', 'yes'],
  ['a server that ends by itself at TERM', 'custom', 'no'],
])('the pod of %s answers its last requests, and ends within the drain and 5 s', async (_, type, ignores) => {
  const objects = await renderGuide({
    server: { type, readyPath: '/ready' },
    model: { versionPolicy: { specific: [] } },
    drainSeconds,
  });
  const deployment = only<Serving>(objects, 'Deployment');
  const { command = [], lifecycle } = onlyContainer(deployment);
  const { preStop } = lifecycle as { preStop: { exec: { command: readonly string[] } } };
  // The server in the place of the binary, which is the last part of the command.
  const [program, ...shell] = [...command.slice(0, -1), process.execPath];
  const child = spawn(program, [...shell, join(directory, 'server.cjs'), ignores]);
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(printed);
  const startMs = performance.now();
  let lateMs = 0;
  const late = new Promise((settle) => setTimeout(settle, 500)).then(() => {
    lateMs = performance.now() - startMs;
    return ask(port);
  });
  const replies = Promise.allSettled([ask(port), late]);
  const seconds = await stopAsKubelet(
    child,
    preStop.exec.command,
    deployment.spec.template.spec.terminationGracePeriodSeconds,
  );
  expect(seconds).toBeGreaterThanOrEqual(drainSeconds);
  expectWithin(seconds, drainSeconds + 5);
  await replies;
  expectWithin(lateMs, (drainSeconds * 1000) / 2, 'the late request was sent');
  const done = { status: 'fulfilled', value: 'done' };
  expect(await replies).toEqual([done, done]);
  await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
});

it('the pod of TensorFlow Serving ends with the code of a server that crashes', async () => {
  const { command = [] } = onlyContainer(only<Serving>(await renderGuide(), 'Deployment'));
  const [program, ...shell] = [...command.slice(0, -1), process.execPath];
  const [code] = (await once(spawn(program, [...shell, '-e', 'process.exit(7)']), 'exit')) as [number];
  expect(code).toBe(7);
});
