import { execFile, spawn } from 'node:child_process';
import { once as eventOf } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { formatLogTime } from '../../../emulator/ingest/forms/log-time.ts';
import { commandsOf, once, pages, root, yamlOf } from '../../docs/doc-commands.ts';
import { adapterCommandOf, startDocsSetup } from '../../docs/docs-setup.ts';
import { isSlow, lookOf, slowPrograms } from '../../docs/how-commands-run.ts';
import { logLine } from '../../support/access-log.ts';
import { findHelm, findKubectl } from '../../support/kubectl.ts';

const commands = once(pages.flatMap(commandsOf));
const [helm, kubectl] = await Promise.all([findHelm(), findKubectl()]);
const setup = await startDocsSetup(3590);
afterAll(() => setup[Symbol.asyncDispose]());

const accessLog = `${logLine({ time: `${formatLogTime(Math.floor(Date.now() / 1000))} +0000` })}\n`;
const emptyFiles = ['access-key-id', 'access-key-secret', 'ca.crt', 'key.env'];
const mine = join(setup.directory, 'mine');
await mkdir(join(mine, 'bert'), { recursive: true });
await Promise.all([
  writeFile(join(mine, 'access.log'), accessLog),
  writeFile(join(mine, 'access.log.1.gz'), gzipSync(accessLog)),
  ...emptyFiles.map((name) => writeFile(join(mine, name), '')),
  // Kustomizations of the pages stand beside a checkout.
  ...[mine, setup.directory].map((beside) => symlink(root, join(beside, 'sls-metrics-adapter'))),
]);

/** Writes the YAML blocks of a page that begin with `# NAME.yaml`. */
async function writeFilesOf(page: string): Promise<void> {
  for (const text of [...yamlOf('docs/install.md'), ...yamlOf(page)]) {
    const [, name] = /^# (\S+\.yaml)/.exec(text) ?? [];
    if (name !== undefined) await writeFile(join(mine, name), text);
  }
}

const [ofKubectl = /^/, ofHelm = /^/, ofEmulate = /^/, ofCurl = /^/, ofNode = /^/] = slowPrograms;
const matching = (program: RegExp) =>
  commands.filter(({ text }) => program.test(text) && adapterCommandOf(text) === undefined);

/** Runs a line by bash among the files that the pages name, without any cluster or cloud. */
async function bash(line: string, more: Readonly<Record<string, string>> = {}, cwd = mine) {
  const env = { PATH: process.env['PATH'], HOME: setup.directory, ...more };
  const running = promisify(execFile)('bash', ['-c', line], { cwd, env });
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
}

describe('a command of the documentation does what its page says', () => {
  const slow = commands.filter(({ text }) => adapterCommandOf(text) !== undefined && isSlow(text));

  it.concurrent.each(slow)('$page: $text', async (command) => {
    const { code, stdout, stderr } = await setup.run(command);
    expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    expect(lookOf(stdout)).toEqual(expect.arrayContaining(lookOf(command.output ?? '')));
  });

  it.each(matching(ofCurl))('$page: $text', async ({ text }) => {
    expect(await bash(`${setup.filled(text)} --fail --silent`)).toMatchObject({ code: 0 });
  });

  it.each(matching(ofNode))('$page: $text', async ({ text }) => {
    const node = join(root, 'node_modules/node/bin');
    const { code, stderr } = await bash(text, { PATH: `${node}:${process.env['PATH'] ?? ''}` }, root);
    expect([code, stderr]).toEqual([0, '']);
  });

  it.each(matching(ofEmulate))('$page: $text', async ({ text }) => {
    const node = `${process.execPath} ${join(root, 'emulator/main.ts')} --listen 127.0.0.1:0`;
    const line = text
      .replace('npm run -s emulate --', node)
      .replace(/^kubectl logs .* \|/, 'cat access.log |');
    const child = spawn('bash', ['-c', line], { cwd: mine, detached: true });
    const [said] = (await eventOf(child.stdout.setEncoding('utf8'), 'data')) as [string];
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    await eventOf(child, 'close');
    expect(said).toMatch(/^SLS for project k8s-log-demo, logstore nginx-ingress listens at http/);
  });
});

describe.skipIf(helm === undefined)('Helm renders what the documentation installs', () => {
  it.each(matching(ofHelm))('$page: $text', async ({ page, text }) => {
    await writeFilesOf(page);
    const line = text.replace(/^helm \w+/, `${helm} template`).replace(/ (charts\/)/, ` ${root}/$1`);
    expect(await bash(line, { KUBECONFIG: '/dev/null' })).toMatchObject({ code: 0 });
  });
});

describe.skipIf(kubectl === undefined)('kubectl sends what the documentation types', () => {
  // There is no API server at this address: a wrong flag, verb or file is another failure.
  const nowhere = ['--server', 'http://127.0.0.1:9'];

  it.each(matching(ofKubectl))('$page: $text', async ({ page, text }) => {
    await writeFilesOf(page);
    const [command = ''] = text.split(/ \| | >/);
    const line = command.replace(/^kubectl/, `${kubectl} ${nowhere.join(' ')}`);
    const { stderr } = await bash(setup.filled(line));
    expect(stderr).toMatch(
      /127\.0\.0\.1:9: connect: connection refused|connection to the server 127\.0\.0\.1:9 was refused/,
    );
  });
});
