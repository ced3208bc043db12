import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/api/discovery/version.ts';
import { runProgram } from '../../src/cli/program.ts';
import { settings } from '../../src/config/settings.ts';
import { fakeIo } from '../support/fake-io.ts';

const directory = await mkdtemp(join(tmpdir(), 'program-'));
afterAll(() => rm(directory, { recursive: true }));

async function run(...argv: readonly string[]) {
  const fake = fakeIo();
  const code = await runProgram(argv, fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

const commands = ['serve', 'demo', 'emulate', 'query', 'explain', 'routes', 'loadtest'];
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

it('--version prints that of package.json', async () => {
  expect(await run('--version')).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: '' });
});

describe('--help', () => {
  it('lists the commands', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect([code, stderr]).toEqual([0, '']);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} .*  [A-Z]`, 'm'));
  });

  it.each(commands)(
    'of %s says what it does and what each flag means, in lines that fit',
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

  it('of serve has every setting, with its default and what is allowed', async () => {
    const { stdout } = await run('serve', '--help');
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const { flag } of settings) expect(text).toContain(` ${flag} `);
    expect(text).toContain(
      '--secure-port <port> Port of the API; 0 takes any free one (0 to 65535; default: 6443)',
    );
    expect(text).toContain('(intranet, public, accelerate; default: intranet)');
    expect(text).toContain('--region also goes by ALIBABA_CLOUD_REGION_ID or Region.');
  });
});

describe('a usage error', () => {
  it.each([
    [['nope'], "error: unknown command 'nope'"],
    [['serv'], '(Did you mean serve?)'],
    [['serve', '--nope'], "error: unknown option '--nope'"],
    [['emulate', '--folow'], '(Did you mean --follow?)'],
    [['serve', 'extra'], 'error: too many arguments'],
    [['query'], "error: required option '--selector <selector>' not specified"],
    [['query', '--selector', 'a=b'], "error: missing required argument 'metric'"],
    [['serve', '--config'], "error: option '--config <file>' argument missing"],
  ])('%j exits with 2', async (argv, message) => {
    const { code, stdout, stderr } = await run(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('(--help lists what is accepted)');
  });

  it('is to name no command: the help follows', async () => {
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: sls-metrics-adapter');
  });

  it.each([
    ['demo', '--secure-port', '65536', 'It must be a port, a whole number from 0 to 65535.'],
    ['demo', '--listen', '127.0.0.1', 'It must be an address and a port, such as 127.0.0.1:8088.'],
    ['demo', '--for', '60', 'It must be a duration such as 80ms, 3s, 10m or 1h.'],
    ['emulate', '--listen', 'x:y', 'It must be an address and a port, such as 127.0.0.1:8088.'],
    ['emulate', '--latency', '80', 'It must be a duration such as 80ms, 3s, 10m or 1h.'],
    ['emulate', '--ingest-lag', 'x', 'It must be a duration such as 80ms, 3s, 10m or 1h.'],
    ['emulate', '--sql-concurrency', '0', 'It must be a whole number from 1 to 999999.'],
    ['emulate', '--error-rate', '10%', 'It must be a share from 0 to 1.'],
    ['query', '--output', 'yaml', 'Allowed choices are table, json.'],
  ])('of %s %s %s names flag, value and what is accepted', async (command, flag, value, accepted) => {
    const { code, stderr } = await run(command, flag, value);
    expect(code).toBe(2);
    expect(stderr).toContain(`${flag} <`);
    expect(stderr).toContain(`argument '${value}' is invalid. ${accepted}`);
  });

  it.each([
    ['--bind-address', '10.0.0.1', 'must be a loopback address'],
    ['--secure-port', 'x', 'must be a whole number from 0 to 65535'],
    ['--authentication', 'basic', 'must be one of delegated, none'],
    ['--shutdown-delay-duration', '2m', 'must be a whole number from 0 to 60'],
    ['--region', 'cn beijing', 'must be a region such as cn-beijing'],
    ['--network', 'lan', 'must be one of intranet, public, accelerate'],
    ['--sls-endpoint', 'foo', 'must be a URL such as'],
    ['--project', '', 'must not be empty'],
    ['--delay', '601', 'must be a whole number from 0 to 600'],
    ['--log-level', 'loud', 'must be one of trace, debug, info, warn, error, fatal, silent'],
  ])('of serve %s %j names flag, value and what is accepted', async (flag, value, accepted) => {
    const { code, stderr } = await run('serve', ...local, flag, value);
    expect(code).toBe(2);
    const shown = /^\d+$/.test(value) ? value : JSON.stringify(value);
    expect(stderr).toContain(`(${flag}) is ${shown} and ${accepted}`);
    expect(stderr).toContain('\nSee --help and docs/configuration.md.\n');
  });

  it('is a flag that needs another', async () => {
    expect(await run('emulate', '--follow')).toMatchObject({
      code: 2,
      stderr:
        'sls-metrics-adapter: --follow needs --access-log FILE. See --help and docs/configuration.md.\n',
    });
    const { code, stderr } = await run('emulate', '--listen', '127.0.0.1:0', '--access-key-id', 'id');
    expect([code, stderr]).toEqual([
      2,
      'sls-metrics-adapter: --access-key-id and --access-key-secret go together. See --help and docs/configuration.md.\n',
    ]);
  });

  it('is a file that is not there', async () => {
    const missing = join(directory, 'missing');
    const remedy = 'See --help and docs/configuration.md.\n';
    expect(await run('serve', '--config', missing)).toMatchObject({
      code: 2,
      stderr: `sls-metrics-adapter: the configuration file ${missing} cannot be read (ENOENT). ${remedy}`,
    });
    const given = [...local, '--tls-cert-file', missing, '--tls-private-key-file', missing];
    expect(await run('serve', ...given)).toMatchObject({
      code: 2,
      stderr: `sls-metrics-adapter: certificate ${missing} cannot be read. ${remedy}`,
    });
    expect(await run('emulate', '--access-log', missing)).toMatchObject({
      code: 2,
      stderr: `sls-metrics-adapter: --access-log ${missing} cannot be read (ENOENT). ${remedy}`,
    });
    expect(await run('emulate', '--access-log', directory)).toMatchObject({
      code: 2,
      stderr: `sls-metrics-adapter: --access-log ${directory} is a directory. ${remedy}`,
    });
  });
});

describe('a taken port', () => {
  it.each([
    ['serve', (port: number) => [...local, '--secure-port', String(port)]],
    ['demo', (port: number) => ['--cert-dir', directory, '--secure-port', String(port)]],
    [
      'demo',
      (port: number) => ['--cert-dir', directory, '--listen', `127.0.0.1:${port}`, '--secure-port', '0'],
    ],
    ['emulate', (port: number) => ['--listen', `127.0.0.1:${port}`]],
  ])('is one clear line of %s, and exit code 1', async (command, flags) => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      expect(await run(command, ...flags(port))).toEqual({
        code: 1,
        stdout: '',
        stderr: `sls-metrics-adapter: 127.0.0.1:${port} is taken. Stop that process or choose another port; 0 takes any free one.\n`,
      });
    } finally {
      holder.close();
    }
  });

  it('is told apart from an address that is not there', async () => {
    const { code, stderr } = await run('emulate', '--listen', '192.0.2.1:0');
    expect([code, stderr]).toEqual([
      1,
      'sls-metrics-adapter: cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL). Choose an address of this machine, such as 127.0.0.1, and a port above 1023.\n',
    ]);
  });
});
