import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { runEmulate } from '../../emulator/emulate.ts';
import { runProgram } from '../../src/cli/program.ts';
import { logLine } from '../support/access-log.ts';
import { fakeIo } from '../support/fake-io.ts';
import { waitFor } from '../support/wait-for.ts';

const directory = await mkdtemp(join(tmpdir(), 'emulate-'));
afterAll(() => rm(directory, { recursive: true }));

/** `24/Nov/2026:01:02:03 +0000` */
const nginxTime = (ms: number) =>
  new Date(ms).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) (.*) GMT$/, '$1/$2/$3:$4 +0000');

/** Runs `emulate` in this process until `use` returns, then ends it. */
async function emulating(
  flags: readonly string[],
  use: (url: string, stdout: () => string) => Promise<void>,
) {
  const fake = fakeIo();
  const running = runEmulate(['--listen', '127.0.0.1:0', ...flags], fake.io);
  let code: number | undefined;
  try {
    const [, url = ''] = await waitFor(() => /listens at (http:\S+)\.$/m.exec(fake.stdout()) ?? undefined);
    await use(url, fake.stdout);
  } finally {
    fake.end('SIGINT');
    code = await running;
  }
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

async function statsAt(url: string): Promise<{ readonly rows: number; readonly unparsed: number }> {
  const reply = await fetch(`${url}/__stats`);
  return (await reply.json()) as { rows: number; unparsed: number };
}

describe('emulate', () => {
  it('prints commands that work unchanged', async () => {
    const { code } = await emulating([], async (_, stdout) => {
      expect(stdout()).toContain('Any key pair is accepted.');
      const [commands = ''] = /^ {2}export [^]*?--selector .*$/m.exec(stdout()) ?? [];
      expect(commands).toMatch(/^ {2}npm run -s adapter -- routes .* --logstore nginx-ingress$/m);
      const { stdout: printed } = await promisify(execFile)(
        'sh',
        ['-c', commands.replace(/^.* routes .*$/m, '')],
        {
          cwd: resolve(import.meta.dirname, '../..'),
        },
      );
      expect(printed).toMatch(/^\(whole logstore\) +0 +requests\/s/m);
    });
    expect(code).toBe(0);
  });

  it('refuses a token that has expired, in the words of SLS', async () => {
    const key = ['--access-key-id', 'id', '--access-key-secret', 's'];
    const token = ['--security-token', 'temporary', '--token-lifetime', '1ms'];
    await emulating([...key, ...token], async (url) => {
      const env = {
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'id',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 's',
        ALIBABA_CLOUD_SECURITY_TOKEN: 'temporary',
      };
      const query = fakeIo(env);
      const selector = 'sls.project=k8s-log-demo,sls.logstore=nginx-ingress';
      const argv = ['query', 'sls_ingress_qps', '--sls-endpoint', url, '--selector', selector];
      expect(await runProgram(argv, query.io)).toBe(1);
      expect(query.stderr()).toMatch(
        /Unauthorized: The security token you provided has expired\. .*\(CredentialsRefused, SLS request \w+\)\n$/,
      );
    });
  });

  it.each([
    [['--security-token', 't'], '--security-token needs --access-key-id'],
    [
      ['--access-key-id', 'i', '--access-key-secret', 's', '--token-lifetime', '1s'],
      '--token-lifetime needs --security-token',
    ],
  ])('ends with 2 for %j', async (flags, message) => {
    const fake = fakeIo();
    expect(await runEmulate(flags, fake.io)).toBe(2);
    expect(fake.stderr()).toContain(message);
  });

  it('prints the required key id, but not its secret', async () => {
    const key = ['--access-key-id', 'my-id', '--access-key-secret', 'hush'];
    const { stdout } = await emulating(key, async (url) => {
      const read = async (secret: string) => {
        const query = fakeIo({
          ALIBABA_CLOUD_ACCESS_KEY_ID: 'my-id',
          ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
        });
        const where = ['--selector', 'sls.project=k8s-log-demo,sls.logstore=nginx-ingress'];
        return runProgram(['query', 'sls_ingress_qps', '--sls-endpoint', url, ...where], query.io);
      };
      expect(await Promise.all([read('hush'), read('other')])).toEqual([0, 1]);
    });
    expect(stdout).toContain('Only requests signed with the key my-id are accepted.');
    expect(stdout).toContain('ALIBABA_CLOUD_ACCESS_KEY_ID=my-id ALIBABA_CLOUD_ACCESS_KEY_SECRET=SECRET');
    expect(stdout).not.toContain('hush');
  });

  it('reads an access log once and counts unparsed lines', async () => {
    const file = join(directory, 'once.log');
    const time = nginxTime(Date.now());
    await writeFile(file, `${logLine({ time })}\nnonsense\n${logLine({ time })}\n`);
    const { code, stdout, stderr } = await emulating(['--access-log', file], async (url, text) => {
      await waitFor(() => text().includes('lines read'));
      expect(await statsAt(url)).toMatchObject({ rows: 3, unparsed: 1 });
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}: 2 lines read, 1 unparsed\n`);
    expect(stderr).toBe(`${file}: not read: 1 line: an unknown form. The first: nonsense\n`);
  });

  it('ends with 2 and one line on a log without any line that can be read', async () => {
    const file = join(directory, 'nonsense.log');
    await writeFile(file, 'nonsense\n'.repeat(50));
    const fake = fakeIo();
    expect(await runEmulate(['--listen', '127.0.0.1:0', '--access-log', file], fake.io)).toBe(2);
    expect(fake.stdout()).toBe('');
    expect(fake.stderr()).toMatch(
      /^emulate: --access-log .*nonsense.log has no line that can be read: 50 lines: an unknown form\. Expected: ACK's form, .* The first: nonsense\. emulator\/README\.md, .*\n$/,
    );
  });

  it('follows a log in another form, says once what it met, and keeps the lines with content alone', async () => {
    const file = join(directory, 'combined.log');
    const combined = `10.9.0.7 - - [${nginxTime(Date.now())}] "GET / HTTP/1.1" 200 61 "-" "curl/8"\n`;
    await writeFile(file, combined.repeat(20));
    const { code, stdout, stderr } = await emulating(['--access-log', file, '--follow'], async (url) => {
      await waitFor(async () => (await statsAt(url)).rows === 20);
      expect(await statsAt(url)).toMatchObject({ unparsed: 20 });
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}: 0 lines read, 20 unparsed\n`);
    expect(stderr.match(/cannot read the combined or common format/g)).toHaveLength(1);
  });

  it('makes up traffic', async () => {
    await emulating(['--traffic', 'odd'], async (url, stdout) => {
      await waitFor(async () => (await statsAt(url)).rows > 60 * 70);
      const [, flags = ''] = /^ {2}npm run -s adapter -- (routes .* --since 1m)$/m.exec(stdout()) ?? [];
      const key = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'any', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'any' };
      const survey = fakeIo(key);
      expect(await runProgram(flags.split(' '), survey.io)).toBe(0);
      expect(survey.stdout()).toMatch(/^default-retried-80 +10(\.\d+)? /m);
      expect(survey.stdout()).not.toContain('QPS is too low');
    });
  });

  it('follows an access log that does not exist yet, says so and what it reads, and prints the number of lines at the end', async () => {
    const file = join(directory, 'follow.log');
    const line = `${logLine({ time: nginxTime(Date.now()) })}\n`;
    const { code, stdout, stderr } = await emulating(
      ['--access-log', file, '--follow'],
      async (url, text) => {
        await writeFile(file, line.repeat(2));
        await waitFor(async () => (await statsAt(url)).rows === 2);
        await appendFile(file, line);
        await waitFor(async () => (await statsAt(url)).rows === 3);
        expect(
          text().match(/follow\.log: reads ACK's form; the number of lines comes at the end\n/g),
        ).toHaveLength(1);
      },
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}: 3 lines read, 0 unparsed\n`);
    expect(stderr).toBe(`${file} does not exist yet: waiting for it\n`);
  });

  it.each([
    [['--traffic', 'demo'], 200],
    [['--access-log', join(directory, 'grows.log'), '--follow'], 200],
    [['--access-log', join(directory, 'ended.log')], 400],
    [[], 400],
  ])('answers a stalled collector with %j by %i', async (flags, status) => {
    const line = `${logLine({ time: nginxTime(Date.now()) })}\n`;
    await Promise.all(['grows.log', 'ended.log'].map((name) => writeFile(join(directory, name), line)));
    await emulating(flags, async (url) => {
      const put = () =>
        fetch(`${url}/__faults`, { method: 'PUT', body: '{"collectorStalled":true}' }).then(
          (reply) => reply.status,
        );
      await waitFor(async () => (await put()) === status);
    });
  });
});
