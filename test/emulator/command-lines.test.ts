import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runDemo } from '../../emulator/demo/demo.ts';
import { runEmulate } from '../../emulator/emulate.ts';
import { fakeIo } from '../support/fake-io.ts';
import { holdPort } from '../support/ports.ts';

const directory = await mkdtemp(join(tmpdir(), 'command-lines-'));
afterAll(() => rm(directory, { recursive: true }));

const programs = { emulate: runEmulate, demo: runDemo };
type ProgramName = keyof typeof programs;
const names: readonly ProgramName[] = ['emulate', 'demo'];

async function run(name: ProgramName, ...argv: readonly string[]) {
  const fake = fakeIo();
  const code = await programs[name](argv, fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

it.each(names)(
  '%s --help says what the program does and what each flag means, in lines that fit',
  async (name) => {
    const { code, stdout, stderr } = await run(name, '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name} -- \\[options\\]\n\n[A-Z]`));
    const flags = stdout.split('\n').filter((line) => /^ {2}-/.test(line));
    expect(flags.length).toBeGreaterThan(3);
    for (const flag of flags) expect(flag).toMatch(/^ {2}(-\w, )?--[a-z-]+( <\w+>)? +[A-Z]/);
    expect(stdout.split('\n').filter((line) => line.length > 82)).toEqual([]);
  },
);

describe('wrong flags', () => {
  it('a misspelled flag exits with 2 and suggests the nearest one', async () => {
    const { code, stdout, stderr } = await run('emulate', '--folow');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('(Did you mean --follow?)');
    expect(stderr).toContain('(--help lists what is accepted)');
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
  ] as const)(
    '%s %s %s: the error names flag, value and what is accepted',
    async (name, flag, value, accepted) => {
      const { code, stderr } = await run(name, flag, value);
      expect(code).toBe(2);
      expect(stderr).toContain(`${flag} <`);
      expect(stderr).toContain(`argument '${value}' is invalid. ${accepted}`);
    },
  );

  it.each([
    [['--follow'], '--follow needs --access-log FILE'],
    [['--access-key-id', 'id'], '--access-key-id and --access-key-secret go together'],
    [
      ['--access-log', join(directory, 'missing')],
      `--access-log ${directory}/missing cannot be read (ENOENT)`,
    ],
    [['--access-log', directory], `--access-log ${directory} is a directory`],
    [['--access-log', '/dev/null'], '--access-log /dev/null is a device, not a file or a pipe'],
    [['--access-log', '/dev/null', '--follow'], '--access-log /dev/null is a device, not a file or a pipe'],
    [['--access-log', process.execPath, '--stamp', 'reading'], '--stamp reading needs --follow or --traffic'],
  ])('emulate %j exits with 2 and one line', async (flags, message) => {
    expect(await run('emulate', '--listen', '127.0.0.1:0', ...flags)).toEqual({
      code: 2,
      stdout: '',
      stderr: `emulate: ${message}. See --help and emulator/README.md. (ConfigInvalid)\n`,
    });
  });
});

describe('a port that is taken', () => {
  it.each([
    ['demo', (port: number) => ['--cert-dir', directory, '--secure-port', String(port)]],
    [
      'demo',
      (port: number) => ['--cert-dir', directory, '--listen', `127.0.0.1:${port}`, '--secure-port', '0'],
    ],
    ['emulate', (port: number) => ['--listen', `127.0.0.1:${port}`]],
  ] as const)('%s reports it in one line and exits with 1', async (name, flags) => {
    await using holder = await holdPort();
    expect(await run(name, ...flags(holder.port))).toEqual({
      code: 1,
      stdout: '',
      stderr: `${name}: another process listens on 127.0.0.1:${holder.port}. Stop that process or choose another port; 0 takes any free one. (AddressInUse)\n`,
    });
  });

  it('an address that this machine does not have gives another message', async () => {
    const { code, stderr } = await run('emulate', '--listen', '192.0.2.1:0');
    expect([code, stderr]).toEqual([
      1,
      'emulate: cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL). Choose an address of this machine, such as 127.0.0.1, and a port above 1023. (AddressUnusable)\n',
    ]);
  });
});
