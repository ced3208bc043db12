import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentSettings, type SettingDocumentation } from '../../src/config/documentation.ts';
import { settings } from '../../src/config/settings.ts';
import { printTable, readTable } from '../support/markdown-table.ts';

const code = (text: string | undefined) => (text === undefined ? '-' : `\`${text}\``);

const rowOf = ({ path, flag, environment, defaultValue, meaning, allowed }: SettingDocumentation) => [
  code(path),
  code(flag),
  environment.length === 0 ? '-' : environment.map(code).join(', '),
  code(defaultValue),
  allowed === undefined ? meaning : `${meaning} (${allowed})`,
];

describe('documentSettings', () => {
  it('is the table of docs/configuration.md, row by row', () => {
    const expected = [['Key', 'Flag', 'Environment', 'Default', 'Meaning'], ...documentSettings().map(rowOf)];
    const document = readFileSync(resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    expect(readTable(document), `docs/configuration.md must hold\n\n${printTable(expected)}\n`).toEqual(
      expected,
    );
  });

  it('says of every setting what it means', () => {
    for (const { path, meaning } of documentSettings()) expect([path, meaning]).not.toEqual([path, '']);
  });

  it('knows the path of every flag', () => {
    const paths = documentSettings().map(({ path }) => path);
    expect(settings.filter(({ path }) => !paths.includes(path))).toEqual([]);
  });

  it('says flag, environment, default and what is allowed', () => {
    const found = new Map(documentSettings().map((setting) => [setting.path, setting]));
    expect(found.get('server.securePort')).toEqual({
      path: 'server.securePort',
      meaning: 'Port of the API; 0 takes any free one',
      allowed: '0 to 65535',
      defaultValue: '6443',
      flag: '--secure-port',
      environment: ['SLS_METRICS_ADAPTER_SECURE_PORT'],
    });
    expect(found.get('sls.network')).toMatchObject({
      allowed: 'intranet, public, accelerate',
      defaultValue: 'intranet',
    });
    expect(found.get('sls.region')).toMatchObject({ allowed: undefined, defaultValue: undefined });
    expect(found.get('reading.maxSeries')).toMatchObject({ flag: undefined, environment: [] });
  });
});
