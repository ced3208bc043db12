import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startCli } from '../support/cli-process.ts';

const home = await mkdtemp(join(tmpdir(), 'modules-'));
afterAll(() => rm(home, { recursive: true }));

/** A script that writes at exit which modules are loaded, Node's own included. */
const preload = join(home, 'preload.cjs');
const list = join(home, 'list.json');
await writeFile(
  preload,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(
    [...process.moduleLoadList, ...Object.keys(require('node:module')._cache)])));`,
);

async function loadedBy(argv: readonly string[]): Promise<readonly string[]> {
  await using run = startCli(argv, home, { NODE_OPTIONS: `--require=${preload}` });
  await run.output(/"msg":"The adapter is serving"/);
  run.kill('SIGTERM');
  await run.exit;
  return JSON.parse(await readFile(list, 'utf8')) as string[];
}

it('serve loads no SDK, Kubernetes client, gRPC or X.509 library before it needs one', async () => {
  const argv = ['serve', '--authentication', 'none', '--secure-port', '0'];
  const all = [...argv, '--shutdown-delay-duration', '0s', '--sls-endpoint', 'http://127.0.0.1:9'];
  // The first start makes a certificate.
  await loadedBy(all);
  const loaded = await loadedBy(all);
  expect(loaded.some((name) => name.includes('node_modules/fastify/'))).toBe(true);
  const lazy = /node_modules\/(@alicloud|@kubernetes|@peculiar|@connectrpc|@bufbuild)\//;
  expect(loaded.filter((name) => lazy.test(name))).toEqual([]);
});
