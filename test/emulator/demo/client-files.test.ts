import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clientDirectory, writeKubeconfig } from '../../../emulator/demo/client-files.ts';

const directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
afterAll(() => rm(directory, { recursive: true }));

describe('writeKubeconfig', () => {
  it('writes an absolute path to the certificate, also for a relative one', async () => {
    const certificate = join(directory, 'tls.crt');
    const url = 'https://127.0.0.1:6443';
    const file = await writeKubeconfig(directory, url, relative(process.cwd(), certificate));
    expect(file).toBe(join(directory, 'kubeconfig'));
    expect(parse(await readFile(file, 'utf8'))).toMatchObject({
      'current-context': 'sls-metrics-adapter-demo',
      clusters: [{ cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority': certificate } }],
    });
    expect((await stat(file)).mode & 0o077).toBe(0);
  });
});

it('the files of two demos of a user lie apart, both beside the certificate', async () => {
  const certificate = join(directory, 'tls.crt');
  const [first, second] = await Promise.all(
    [6443, 6444].map((port) => clientDirectory(`https://127.0.0.1:${port}`, certificate)),
  );
  expect([first, second]).toEqual([join(directory, 'demo-6443'), join(directory, 'demo-6444')]);
  expect((await stat(first ?? '')).mode & 0o077).toBe(0);
});
