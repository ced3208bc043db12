import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { versionInfo } from '../../../src/api/discovery/version.ts';

it('/version has the version of package.json and every field that client-go reads', () => {
  const file = resolve(import.meta.dirname, '../../../package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const info = versionInfo();
  expect(info).toEqual({
    major: version.split('.')[0],
    minor: version.split('.')[1],
    gitVersion: `v${version}`,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '',
    goVersion: '',
    compiler: `node ${process.version}`,
    platform: expect.stringMatching(/^\w+\/(amd64|arm64|\w+)$/) as unknown,
  });
  // A semantic version, which `kubectl version` parses.
  expect(info.gitVersion).toMatch(/^v\d+\.\d+\.\d+(-[\w.]+)?$/);
});
