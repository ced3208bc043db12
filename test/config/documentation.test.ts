import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { documentSettings } from '../../docs/generate/settings.ts';
import { loadConfig } from '../../src/config/load.ts';
import { projectSettings } from '../../src/config/project-settings.ts';
import { settings } from '../../src/config/settings.ts';
import { expectGenerated } from '../support/generated-document.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const document = readFileSync(join(docs, 'configuration.md'), 'utf8');
const found = new Map(documentSettings().map((setting) => [setting.path, setting]));

describe('documentSettings', () => {
  it('generates the table of docs/configuration.md', () => expectGenerated('configuration.md'));

  it('describes every setting', () => {
    for (const { path, meaning } of documentSettings()) expect([path, meaning]).not.toEqual([path, '']);
  });

  it('has the path of every flag', () => {
    const paths = documentSettings().map(({ path }) => path);
    expect(settings.filter(({ path }) => !paths.includes(path))).toEqual([]);
  });

  it('has flag, environment, default and allowed values of a setting', () => {
    expect(found.get('server.securePort')).toEqual({
      path: 'server.securePort',
      meaning: 'Port of the API; 0 takes any free port',
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
    expect(found.get('kubernetes.autoscalerNamespaces')).toMatchObject({ defaultValue: '[]' });
  });

  it('describes each setting of a nested section', () => {
    expect(found.get('sls.breaker.failures')).toMatchObject({ allowed: '1 to 100', defaultValue: '10' });
    expect([found.has('sls.breaker'), found.has('reading.delay')]).toEqual([false, false]);
  });

  it('lists in one row the settings that an entry of projects may override', () => {
    expect([...found.keys()].filter((path) => path.startsWith('projects'))).toEqual([
      'projects[].project',
      'projects[].reading',
      'projects[].sls',
    ]);
    expect(found.get('projects[].sls')).toMatchObject({
      allowed:
        'region, network, endpoint, maxConcurrentQueries, breaker.failures, breaker.openSeconds, credentials',
      defaultValue: undefined,
    });
  });
});

describe('docs/configuration.md', () => {
  const directory = mkdtempSync(join(tmpdir(), 'configuration-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('shows only settings that the adapter accepts', () => {
    const blocks = [...document.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = '']) => yaml);
    expect(blocks.length).toBeGreaterThan(1);
    const config = join(directory, 'config.yaml');
    for (const yaml of blocks) {
      writeFileSync(config, yaml);
      expect(() => loadConfig({ flags: { config, region: 'cn-beijing' }, env: {} }), yaml).not.toThrow();
    }
  });

  const exampleOf = (name: string) => {
    expect(document).toContain(`](examples/${name})`);
    return resolve(docs, 'examples', name);
  };

  it('links an example of several accounts that does what its comments say', () => {
    const settingsOf = projectSettings(
      loadConfig({ flags: { config: exampleOf('accounts.yaml') }, env: {} }),
    );
    const own = { region: 'cn-beijing', network: 'intranet', credentials: { source: 'rrsa' } };
    expect(settingsOf('k8s-log-any').sls).toMatchObject(own);
    const { credentials } = own;
    const abroad = { region: 'cn-shanghai', network: 'public', credentials };
    expect(settingsOf('k8s-log-shanghai-1').sls).toMatchObject(abroad);
    expect(settingsOf('k8s-log-partner-1').sls).toMatchObject({
      ...own,
      credentials: { source: 'assume-role', from: credentials },
    });
    expect(settingsOf('k8s-log-legacy').sls).toMatchObject({
      endpoint: 'https://cn-hongkong.log.aliyuncs.com',
      credentials: { source: 'secret-file' },
    });
  });

  it('links an example of several projects that does what its comments say', () => {
    const config = loadConfig({ flags: { config: exampleOf('projects.yaml') }, env: {} });
    const settingsOf = projectSettings(config);
    const { reading, sls } = settingsOf('k8s-log-any');
    expect([reading.maxStaleSeconds, reading.delaySeconds, sls.breaker.openSeconds]).toEqual([
      120,
      undefined,
      15,
    ]);
    expect(settingsOf('k8s-log-c0ffee')).toMatchObject({
      reading: { delaySeconds: 30, maxStaleSeconds: 120 },
      sls: { breaker: { openSeconds: 3 } },
    });
    expect(settingsOf('k8s-log-staging-c1')).toMatchObject({
      reading: { refreshesIn15Seconds: 2, freshnessSeconds: 60, delay: { initialSeconds: 10 } },
      sls: { maxConcurrentQueries: 2 },
    });
  });
});
