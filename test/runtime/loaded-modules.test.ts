import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startCli } from '../support/cli-process.ts';

const home = await mkdtemp(join(tmpdir(), 'modules-'));
afterAll(() => rm(home, { recursive: true }));

/** Tells at the end what Node had loaded, its own and others'. */
const teller = join(home, 'teller.cjs');
const list = join(home, 'list.json');
await writeFile(
  teller,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(
    [...process.moduleLoadList, ...Object.keys(require('node:module')._cache)])));`,
);

async function loadedBy(argv: readonly string[]): Promise<readonly string[]> {
  await using run = startCli(argv, home, { NODE_OPTIONS: `--require=${teller}` });
  await run.output(/"msg":"The adapter is serving"/);
  run.kill('SIGTERM');
  await run.exit;
  return JSON.parse(await readFile(list, 'utf8')) as string[];
}

it('are, in an adapter that nobody has asked, none that it may never need', async () => {
  const argv = ['serve', '--authentication', 'none', '--secure-port', '0'];
  const all = [...argv, '--shutdown-delay-duration', '0s', '--sls-endpoint', 'http://127.0.0.1:9'];
  // The first start makes a certificate.
  await loadedBy(all);
  const loaded = await loadedBy(all);
  expect(loaded.some((name) => name.includes('node_modules/fastify/'))).toBe(true);
  const dear = /undici|webstreams|node_modules\/(ajv|@alicloud|@kubernetes|@peculiar|yaml)\//;
  expect(loaded.filter((name) => dear.test(name))).toEqual([]);
});
