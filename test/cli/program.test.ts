import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/api/discovery/version.ts';
import { runProgram } from '../../src/cli/program.ts';
import { settings } from '../../src/config/settings.ts';
import { fakeIo } from '../support/fake-io.ts';
import { holdPort } from '../support/ports.ts';

const directory = await mkdtemp(join(tmpdir(), 'program-'));
afterAll(() => rm(directory, { recursive: true }));

async function run(...argv: readonly string[]) {
  const fake = fakeIo();
  const code = await runProgram(argv, fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

const commands = ['serve', 'query', 'explain', 'routes', 'loadtest'];
const local = [
  '--authentication',
  'none',
  '--shutdown-delay-duration',
  '0s',
  '--sls-endpoint',
  'http://127.0.0.1:9',
  '--cert-dir',
  directory,
];

it('--version prints the version of package.json', async () => {
  expect(await run('--version')).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: '' });
});

describe('--help', () => {
  it('lists the commands', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect([code, stderr]).toEqual([0, '']);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} .*  [A-Z]`, 'm'));
  });

  it.each(commands)(
    'of %s describes the command and each flag, in lines of at most 82 characters',
    async (command) => {
      const { code, stdout, stderr } = await run(command, '--help');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(new RegExp(`^Usage: sls-metrics-adapter ${command} `));
      const [, flagLines = ''] = stdout.split(/\n\n(?=[A-Z][^\n]*:\n)/, 2);
      expect(flagLines).not.toBe('');
      const flags = stdout.split('\n').filter((line) => /^ {2}-/.test(line));
      expect(flags.length).toBeGreaterThan(3);
      for (const flag of flags) expect(flag).toMatch(/^ {2}(-\w, )?--[a-z-]+( <\w+>)? +[A-Z]/);
      const text = stdout.split('Example:')[0] ?? '';
      expect(text.split('\n').filter((line) => line.length > 82)).toEqual([]);
    },
  );

  it('of serve lists every setting with its default and its allowed values', async () => {
    const { stdout } = await run('serve', '--help');
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const { flag } of settings) expect(text).toContain(` ${flag} `);
    expect(text).toContain(
      '--secure-port <port> Port of the API; 0 takes any free port (0 to 65535; default: 6443)',
    );
    expect(text).toContain('(intranet, public, accelerate; default: intranet)');
    expect(text).toContain('--region can also be set by ALIBABA_CLOUD_REGION_ID or Region.');
  });
});

describe('a usage error', () => {
  it.each([
    [['nope'], "error: unknown command 'nope'"],
    [['serv'], '(Did you mean serve?)'],
    [['serve', '--nope'], "error: unknown option '--nope'"],
    [['serve', '--secure-prt'], '(Did you mean --secure-port?)'],
    [['serve', 'extra'], 'error: too many arguments'],
    [['query'], "error: missing required argument 'metric'"],
    [['query', '--selector', 'a=b'], "error: missing required argument 'metric'"],
    [['serve', '--config'], "error: option '--config <file>' argument missing"],
  ])('%j exits with 2', async (argv, message) => {
    const { code, stdout, stderr } = await run(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('(--help lists what is accepted)');
  });

  it('without a command shows the help', async () => {
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: sls-metrics-adapter');
  });

  it.each([['query', '--output', 'yaml', 'Allowed choices are table, json.']])(
    'of %s %s %s names the flag, the value and the allowed values',
    async (command, flag, value, accepted) => {
      const { code, stderr } = await run(command, flag, value);
      expect(code).toBe(2);
      expect(stderr).toContain(`${flag} <`);
      expect(stderr).toContain(`argument '${value}' is invalid. ${accepted}`);
    },
  );

  it.each([
    ['--bind-address', '10.0.0.1', 'must be a loopback address'],
    ['--secure-port', 'x', 'must be a whole number from 0 to 65535'],
    ['--authentication', 'basic', 'must be one of delegated, none'],
    ['--shutdown-delay-duration', '2m', 'must be a whole number from 0 to 60'],
    ['--region', 'cn beijing', 'must be a region such as cn-beijing'],
    ['--network', 'lan', 'must be one of intranet, public, accelerate'],
    ['--sls-endpoint', 'foo', 'must be a URL such as'],
    ['--project', '', 'must be a project such as k8s-log-c1'],
    ['--project', 'k8s-log-${CLUSTER}', 'must be a project such as k8s-log-c1'],
    ['--logstore', 'Nginx', 'must be a logstore such as nginx-ingress'],
    ['--delay', '601', 'must be a whole number from 0 to 600'],
    ['--log-level', 'loud', 'must be one of trace, debug, info, warn, error, fatal, silent'],
  ])('of serve %s %j names the flag, the value and the allowed values', async (flag, value, accepted) => {
    const { code, stderr } = await run('serve', ...local, flag, value);
    expect(code).toBe(2);
    const shown = /^\d+$/.test(value) ? value : JSON.stringify(value);
    expect(stderr).toContain(`(${flag}) is ${shown} and ${accepted}`);
    expect(stderr).toContain('\nSee --help and docs/configuration.md. (ConfigInvalid)\n');
  });

  it('is reported for a missing file', async () => {
    const missing = join(directory, 'missing');
    const remedy = 'See --help and docs/configuration.md. (ConfigInvalid)\n';
    expect(await run('serve', '--config', missing)).toMatchObject({
      code: 2,
      stderr: `sls-metrics-adapter: the configuration file ${missing} cannot be read (ENOENT). ${remedy}`,
    });
    const given = [...local, '--tls-cert-file', missing, '--tls-private-key-file', missing];
    expect(await run('serve', ...given)).toMatchObject({
      code: 2,
      stderr: `sls-metrics-adapter: certificate ${missing} cannot be read. ${remedy}`,
    });
  });
});

it('serve reports a taken port in one line and exits with 1', async () => {
  await using holder = await holdPort();
  expect(await run('serve', ...local, '--secure-port', String(holder.port))).toEqual({
    code: 1,
    stdout: '',
    stderr: `sls-metrics-adapter: another process listens on 127.0.0.1:${holder.port}. Stop that process or choose another port; 0 takes any free one. (AddressInUse)\n`,
  });
});
