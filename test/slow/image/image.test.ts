import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { accessKey, basePath, logstore, project, readPath } from '../../support/adapter.ts';
import { someCredentials } from '../../support/fake-io.ts';
import { waitFor } from '../../support/wait-for.ts';
import { commandOf, environmentOf, type Stage } from './dockerfile.ts';
import { buildImage, checkout, readDockerfile } from './image-build.ts';

const runProgram = promisify(execFile);

let directory: string;
let root: string;
let image: Stage;
let manifest: { version: string; scripts: { adapter: string }; devDependencies: Record<string, string> };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-'));
  image = (await readDockerfile()).at(-1) ?? { name: '', base: '', instructions: [] };
  manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as typeof manifest;
  root = await buildImage(directory);
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs a command line of the image below `root`, with the environment of the image. */
function start(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [, ...args] = words.map((word) => word.replace(/^\/app(?=\/)/, join(root, 'app')));
  const own = environmentOf(image);
  const child = spawn(process.execPath, args, {
    cwd: join(root, 'app'),
    env: { ...own, PATH: '', XDG_CACHE_HOME: directory, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, exit, output: () => output };
}

const main = () => commandOf(image, 'ENTRYPOINT');

describe('the Dockerfile', () => {
  it('pins the version of Node that the tests use, by digest', async () => {
    const bases = new Set((await readDockerfile()).map(({ base }) => base));
    expect(bases.size).toBe(1);
    const version = manifest.devDependencies['node']?.replaceAll('.', String.raw`\.`);
    expect([...bases][0]).toMatch(new RegExp(`^node:${version}-slim@sha256:[0-9a-f]{64}$`));
  });

  it('starts Node without a shell, with the flags of `npm run adapter`, as `serve`', () => {
    const [node, ...flags] = manifest.scripts.adapter.replace('exec ', '').split(' ').slice(0, -1);
    expect(main()).toEqual([node, ...flags, '/app/dist/main.js']);
    expect(commandOf(image, 'CMD')).toEqual(['serve']);
  });

  it('runs as an unprivileged user with a numeric id, which Kubernetes can check', () => {
    const [user] = image.instructions.filter(({ name }) => name === 'USER');
    expect(user?.text).toBe('65532:65532');
  });

  it('labels the image with title, version and revision', () => {
    const labels = image.instructions.filter(({ name }) => name === 'LABEL').map(({ text }) => text);
    for (const label of ['title', 'description', 'version', 'revision', 'created', 'base.name'])
      expect(labels.join()).toContain(`org.opencontainers.image.${label}=`);
  });
});

describe('the files of the image', () => {
  it('are the program, its production dependencies and their list; no emulator, no tool', async () => {
    const app = join(root, 'app');
    const names = ['bin', 'dist', 'node_modules', 'package.json', 'sbom.cdx.json'];
    expect((await readdir(app)).sort()).toEqual(names);
    const packages = await readdir(join(app, 'node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['fastify', '@alicloud', '@antoniomuso']));
    expect(await readdir(join(app, 'dist'))).not.toContain('emulator');
    for (const absent of ['@duckdb', 'log-update', 'typescript', 'vitest', 'node', '@types/node'])
      expect(packages).not.toContain(absent);
  });

  it('include an SBOM of the production dependencies in CycloneDX', async () => {
    const sbom = JSON.parse(await readFile(join(root, 'app/sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: readonly { name: string; purl: string; hashes?: readonly unknown[] }[];
    };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const listed = sbom.components.map(({ name }) => name);
    const { dependencies } = JSON.parse(await readFile(join(root, 'app/package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(listed).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    for (const absent of ['vitest', 'typescript', '@duckdb/node-api']) expect(listed).not.toContain(absent);
    expect(sbom.components.filter(({ hashes = [] }) => hashes.length === 0)).toEqual([]);
  });

  it('include the command sls-metrics-adapter on the PATH', async () => {
    const link = join(root, 'app/bin/sls-metrics-adapter');
    expect(environmentOf(image)['PATH']?.split(':')).toContain('/app/bin');
    expect((await stat(link)).mode & 0o111).toBe(0o111);
    const run = start(['node', link, '--version']);
    expect(await run.exit).toBe(0);
    expect(run.output()).toBe(`${manifest.version}\n`);
  });
});

describe('serve in the image', () => {
  let emulator: Emulator;
  let before: ReadonlyMap<string, string>;
  let run: ReturnType<typeof start>;
  let url: URL;

  beforeAll(async () => {
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    const fields = {
      proxy_upstream_name: 'default-web-80',
      proxy_alternative_upstream_name: '',
      status: '200',
    };
    const now = Math.floor(Date.now() / 1000);
    // One line a second, from before the window of the read until after it.
    const records = Array.from({ length: 600 }, (_, index) => ({ timeSeconds: now - 120 + index, fields }));
    await emulator.sink(project, logstore).append(records);
    before = await filesBelow(root);
    run = start([...main(), ...commandOf(image, 'CMD')], {
      SLS_METRICS_ADAPTER_AUTHENTICATION: 'none',
      SLS_METRICS_ADAPTER_SECURE_PORT: '0',
      SLS_METRICS_ADAPTER_SHUTDOWN_DELAY_DURATION: '0s',
      SLS_METRICS_ADAPTER_SLS_ENDPOINT: emulator.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    });
    url = new URL(await waitFor(() => /"url":"(https:[^"]+)"/.exec(run.output())?.[1]));
  });
  afterAll(async () => {
    run.child.kill('SIGKILL');
    await run.exit;
    await emulator.stop();
  });

  it('becomes ready, and reads a metric', async () => {
    await waitFor(async () => (await get(new URL('/readyz', url))).status === 200);
    const selector = `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=default-web-80`;
    const reading = await get(new URL(readPath('sls_ingress_qps', selector), url));
    expect(JSON.parse(reading.text)).toMatchObject({
      items: [{ metricName: 'sls_ingress_qps', value: '1' }],
    });
  });

  it('serves its version and its metrics in discovery', async () => {
    expect(JSON.parse((await get(new URL('/version', url))).text)).toMatchObject({
      gitVersion: `v${manifest.version}`,
    });
    expect((await get(new URL(basePath, url))).text).toContain('sls_ingress_qps');
  });

  it('passes the health check, which fails on a port without a server', async () => {
    const check = (port: string) =>
      start(commandOf(image, 'HEALTHCHECK'), { SLS_METRICS_ADAPTER_SECURE_PORT: port });
    expect(await check(url.port).exit).toBe(0);
    expect(await check('1').exit).toBe(1);
  });

  it('writes no file below its root, and stops on SIGTERM with exit code 0', async () => {
    run.child.kill('SIGTERM');
    expect(await run.exit).toBe(0);
    expect(await filesBelow(root)).toEqual(before);
  });
});

describe('npm pack', () => {
  let prefix: string;
  let packed: { filename: string; files: { path: string }[] };

  beforeAll(async () => {
    const from = join(directory, 'build/app');
    prefix = join(directory, 'prefix');
    await cp(join(checkout, 'README.md'), join(from, 'README.md'));
    const npm = (...args: readonly string[]) => runProgram('npm', args, { cwd: from });
    const { stdout } = await npm('pack', '--json', '--ignore-scripts');
    [packed] = JSON.parse(stdout) as [typeof packed];
    await npm('install', '--global', '--prefix', prefix, '--prefer-offline', `./${packed.filename}`);
  });

  it('contains the compiled files of src and nothing else', async () => {
    const sources = (await readdir(join(checkout, 'src'), { recursive: true, withFileTypes: true }))
      // The contract of the external scaler is for readers alone.
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.proto'))
      .map(({ parentPath, name }) => relative(checkout, join(parentPath, name)));
    // The files of the status page are copied unchanged. All others are TypeScript.
    const compiled = sources.map((name) => name.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
    expect(packed.files.map(({ path }) => path).sort()).toEqual(
      [...compiled, 'README.md', 'package.json'].sort(),
    );
  });

  it('installs a program that runs: its version, its help, and a query of a local SLS', async () => {
    const program = join(prefix, 'bin/sls-metrics-adapter');
    const run = (...args: readonly string[]) => start(['node', program, ...args], someCredentials);
    const [version, help] = [run('--version'), run('--help')];
    expect([await version.exit, version.output()]).toEqual([0, `${manifest.version}\n`]);
    expect(await help.exit).toBe(0);
    expect(help.output()).toContain('Usage: sls-metrics-adapter');
    const emulator = await startEmulator({ logstores: [{ project, logstore }] });
    try {
      const selector = `sls.project=${project},sls.logstore=${logstore}`;
      const flags = ['--sls-endpoint', emulator.url, '--selector', selector, '-o', 'json'];
      const query = run('query', 'sls_ingress_qps', ...flags);
      expect([await query.exit, query.output()]).toEqual([0, expect.stringContaining('"value": "0"')]);
    } finally {
      await emulator.stop();
    }
  });
});

async function get(url: URL): Promise<{ status: number | undefined; text: string }> {
  const ca = await readFile(join(directory, 'sls-metrics-adapter/tls.crt'), 'utf8');
  const [reply] = (await once(https.get(url, { ca, agent: false }), 'response')) as [IncomingMessage];
  return { status: reply.statusCode, text: await text(reply) };
}

/** Path → time of the last change, and size. */
async function filesBelow(path: string): Promise<Map<string, string>> {
  const names = await readdir(path, { recursive: true });
  const entries = await Promise.all(
    names.map(async (name) => {
      const { mtimeMs, size } = await stat(resolve(path, name));
      return [name, `${mtimeMs} ${size}`] as const;
    }),
  );
  return new Map(entries);
}
