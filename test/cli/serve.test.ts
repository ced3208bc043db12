import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startCli } from '../support/cli-process.ts';

const home = await mkdtemp(join(tmpdir(), 'serve-'));
afterAll(() => rm(home, { recursive: true }));

const argv = [
  'serve',
  '--authentication',
  'none',
  '--shutdown-delay-duration',
  '0s',
  '--secure-port',
  '0',
  '--sls-endpoint',
  'http://127.0.0.1:9',
];

describe('serve', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops on %s with exit code 0, and logs its start and stop',
    async (signal) => {
      await using run = startCli(argv, home);
      await run.output(/"msg":"The adapter is serving"/);
      run.kill(signal);
      expect(await run.exit).toBe(0);
      expect(run.stdout()).toBe('');
      const events = run
        .stderr()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(events).toMatchObject([
        {
          level: 'info',
          msg: 'The adapter is serving',
          url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) as string,
        },
        {
          level: 'info',
          msg: expect.stringMatching(
            /curl --cacert \S+tls\.crt 'https:\/\/127\.0\.0\.1:\d+\/apis\//,
          ) as string,
        },
        { level: 'info', msg: 'The adapter is stopping', reason: signal },
      ]);
    },
  );

  it('opens no debugger at SIGUSR1', async () => {
    await using run = startCli(argv, home);
    await run.output(/"msg":"The adapter is serving"/);
    run.kill('SIGUSR1');
    run.kill('SIGUSR2');
    await run.output(/"logLevel":"debug"/);
    run.kill('SIGTERM');
    expect(await run.exit).toBe(0);
    expect(run.stderr()).not.toContain('Debugger listening');
  });

  it('keeps its serving pair in the cache directory of its user', async () => {
    await using run = startCli(argv, home, { XDG_CACHE_HOME: join(home, 'cache') });
    const [, url = ''] = await run.output(/"url":"(https:[^"]+)"/);
    const ca = await readFile(join(home, 'cache', 'sls-metrics-adapter', 'tls.crt'), 'utf8');
    const status = await new Promise((settle, reject) => {
      https
        .get(`${url}/readyz`, { ca, agent: false }, ({ statusCode }) => settle(statusCode))
        .on('error', reject);
    });
    expect(status).toBe(200);
  });
});
