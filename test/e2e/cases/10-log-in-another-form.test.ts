import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runEmulate } from '../../../emulator/emulate.ts';
import { accessLine, ackText, defaultText, jsonText } from '../../../emulator/traffic/access-line.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { fakeIo } from '../../support/fake-io.ts';
import { waitFor } from '../../support/wait-for.ts';

const directory = await mkdtemp(join(tmpdir(), 'forms-'));
afterAll(() => rm(directory, { recursive: true }));

const nowSeconds = Math.floor(Date.now() / 1000);
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** 10 requests in each second of the last two minutes. */
const requests = Array.from({ length: 1200 }, (_, n) =>
  accessLine({ atSeconds: nowSeconds + 20 - Math.floor(n / 10) }),
);

const forms: Record<string, string[]> = {
  default: requests.map(defaultText),
  json: requests.map(jsonText),
  docker: requests.map((line) =>
    JSON.stringify({ log: `${ackText(line)}\n`, stream: 'stdout', time: iso(line.atSeconds) }),
  ),
  cri: requests.map((line) => `${iso(line.atSeconds)} stdout F ${defaultText(line)}`),
  kubectl: requests.map(
    (line) => `[pod/ingress-nginx-controller-x/controller] ${iso(line.atSeconds)} ${ackText(line)}`,
  ),
};

/** Starts `emulate` on a log with these lines, and returns what `use` returns. */
async function emulating(
  lines: readonly string[],
  flags: readonly string[],
  use: (url: string) => Promise<string>,
) {
  const file = join(directory, 'access.log');
  await writeFile(file, `${lines.join('\n')}\n`);
  const fake = fakeIo();
  const running = runEmulate(['--listen', '127.0.0.1:0', '--access-log', file, ...flags], fake.io);
  const [, url = ''] = await waitFor(() => /listens at (http:\S+)\.$/m.exec(fake.stdout()) ?? undefined);
  const used = await use(url).finally(() => fake.end('SIGINT'));
  return { used, code: await running, stdout: fake.stdout(), stderr: fake.stderr() };
}

const wholeLogstore = 'sls.project=k8s-log-demo,sls.logstore=nginx-ingress';
const webRoute = `${wholeLogstore},sls.ingress.route=default-web-80`;

async function run(url: string, selector: string, ...argv: readonly string[]): Promise<string> {
  const fake = fakeIo();
  await runProgram([...argv, '--sls-endpoint', url, '--selector', selector], fake.io);
  return fake.stdout() + fake.stderr();
}

describe('emulate, on a log in another form than that of ACK', () => {
  it.each(Object.entries(forms))('reads %s, and each request counts', async (_, lines) => {
    const { used, stdout } = await emulating(lines, [], (url) =>
      run(url, webRoute, 'query', 'sls_ingress_qps'),
    );
    expect(used).toMatch(/^default-web-80 +10 +requests\/s/m);
    expect(stdout).toContain('1200 lines read, 0 unparsed');
  });

  it('keeps lines without a route with content alone while it follows, and the whole logstore counts them', async () => {
    const combined = requests.map((line) => defaultText(line).replace(/(" 200 .*") 300 .*$/, '$1'));
    const lines = combined.map((text, n) => `${iso(requests[n]?.atSeconds ?? 0)} stdout F ${text}`);
    const { used, stderr } = await emulating(lines, ['--follow'], async (url) => {
      const rows = async () => ((await (await fetch(`${url}/__stats`)).json()) as { rows: number }).rows;
      await waitFor(async () => (await rows()) === 1200);
      return run(url, wholeLogstore, 'query', 'sls_ingress_qps');
    });
    expect(used).toMatch(/^\(whole logstore\) +10 +requests\/s/m);
    expect(stderr.match(/cannot read the combined or common format of Apache and nginx/g)).toHaveLength(1);
  });
});
