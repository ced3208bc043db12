import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeKubeconfig } from '../../../emulator/demo/client-files.ts';

const directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
afterAll(() => rm(directory, { recursive: true }));

describe('writeKubeconfig', () => {
  it('writes an absolute path to the certificate, also for a relative one', async () => {
    const certificate = join(directory, 'tls.crt');
    const file = await writeKubeconfig('https://127.0.0.1:6443', relative(process.cwd(), certificate));
    expect(file).toBe(join(directory, 'kubeconfig'));
    expect(parse(await readFile(file, 'utf8'))).toMatchObject({
      'current-context': 'sls-metrics-adapter-demo',
      clusters: [{ cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority': certificate } }],
    });
    expect((await stat(file)).mode & 0o077).toBe(0);
  });
});
