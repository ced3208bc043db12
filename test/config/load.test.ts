import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig, type ConfigSources } from '../../src/config/load.ts';
import { AdapterError } from '../../src/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function file(yaml: string): string {
  files += 1;
  const path = join(directory, `${files}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

const load = (sources: Partial<ConfigSources>) => loadConfig({ flags: {}, env: {}, ...sources });

/** Returns the message of the refusal, line by line. */
function refusalOf(sources: Partial<ConfigSources>): string[] {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof AdapterError && error.code === 'ConfigInvalid') return error.message.split('\n');
    throw error;
  }
  throw new Error('taken');
}

const remedy = 'See --help and docs/configuration.md.';

describe('loadConfig', () => {
  it('lets flags take precedence over the environment, then the file, then defaults', () => {
    const config = file(
      'sls: { region: file, network: public }\nlog: { level: warn }\nserver: { securePort: 1 }',
    );
    const env = { SLS_METRICS_ADAPTER_REGION: 'env', SLS_METRICS_ADAPTER_LOG_LEVEL: 'debug' };
    const loaded = load({ flags: { config, region: 'flag' }, env });
    expect(loaded).toMatchObject({
      sls: { region: 'flag', network: 'public' },
      log: { level: 'debug' },
      server: { securePort: 1, maxRequestsInFlight: 400 },
    });
  });

  it('reads numbers from flags and environment', () => {
    const flags = { region: 'cn-beijing', securePort: '0' };
    const loaded = load({ flags, env: { SLS_METRICS_ADAPTER_DELAY: '42' } });
    expect([loaded.server.securePort, loaded.reading.delaySeconds]).toEqual([0, 42]);
  });

  it('reads durations and switches from flags and environment', () => {
    const flags = { region: 'cn-beijing', shutdownDelayDuration: '15s', manageApiservice: true };
    const { server, kubernetes } = load({ flags });
    expect([server.shutdownDelaySeconds, kubernetes.manageApiService]).toEqual([15, true]);
    const env = {
      SLS_METRICS_ADAPTER_SHUTDOWN_DELAY_DURATION: '3',
      SLS_METRICS_ADAPTER_MANAGE_APISERVICE: 'true',
    };
    const fromEnv = load({ flags: { region: 'cn-beijing' }, env });
    expect([fromEnv.server.shutdownDelaySeconds, fromEnv.kubernetes.manageApiService]).toEqual([3, true]);
  });

  it.each([
    [{ ALIBABA_CLOUD_REGION_ID: 'alibaba' }, 'alibaba'],
    [{ Region: 'stock' }, 'stock'],
    [{ Region: 'stock', ALIBABA_CLOUD_REGION_ID: 'alibaba' }, 'alibaba'],
    [{ Region: 'stock', ALIBABA_CLOUD_REGION_ID: 'alibaba', SLS_METRICS_ADAPTER_REGION: 'own' }, 'own'],
    [{ Region: 'stock', ALIBABA_CLOUD_REGION_ID: '', SLS_METRICS_ADAPTER_REGION: '' }, 'stock'],
  ])('reads the region of %j as %s', (env, region) => {
    expect(load({ env }).sls.region).toBe(region);
  });

  it('takes the path of the file from the flag, or from the environment', () => {
    const env = { SLS_METRICS_ADAPTER_CONFIG: file('sls: { region: by-env }') };
    expect(load({ env }).sls.region).toBe('by-env');
    expect(load({ env, flags: { config: file('sls: { region: by-flag }') } }).sls.region).toBe('by-flag');
    expect(load({ env: { SLS_METRICS_ADAPTER_CONFIG: '', Region: 'none' } }).sls.region).toBe('none');
  });

  it.each(['', '# nothing\n', 'sls:\nserver:\n', 'sls: { network: }'])(
    'takes %j for a file that says nothing',
    (yaml) => {
      const loaded = load({ flags: { config: file(yaml), region: 'cn-beijing' } });
      expect(loaded).toEqual(load({ flags: { region: 'cn-beijing' } }));
    },
  );

  it('ignores flags of a command that are not settings', () => {
    expect(load({ flags: { region: 'r1', output: 'json', selector: 'a=b' } })).toEqual(
      load({ flags: { region: 'r1' } }),
    );
  });
});

describe('a refused configuration', () => {
  it('shows all faults at once: path, origin, value, allowed values', () => {
    const config = file(
      'sls: { network: lan }\nreading: { delaySeconds: "10" }\nserver: { tlsCertFile: tls.crt }',
    );
    const flags = { config, securePort: 'x', bindAddress: '0.0.0.0', authentication: 'none' };
    const lines = refusalOf({ flags, env: { SLS_METRICS_ADAPTER_LOG_LEVEL: 'loud' } });
    expect(lines[0]).toBe('wrong configuration:');
    expect(lines.at(-1)).toBe(remedy);
    expect(lines.slice(1, -1).sort()).toEqual([
      '  log.level (SLS_METRICS_ADAPTER_LOG_LEVEL) is "loud" and must be one of trace, debug, info, warn, error, fatal, silent',
      `  reading.delaySeconds (${config}) is "10" and must be a whole number from 0 to 600`,
      '  server.bindAddress (--bind-address) is "0.0.0.0" and must be a loopback address (127.0.0.1, ::1) if authentication is none',
      '  server.securePort (--secure-port) is "x" and must be a whole number from 0 to 65535',
      '  server.tlsPrivateKeyFile (--tls-private-key-file, SLS_METRICS_ADAPTER_TLS_PRIVATE_KEY_FILE) must be given: certificate and private key go together',
      `  sls.network (${config}) is "lan" and must be one of intranet, public, accelerate`,
      '  sls.region (--region, SLS_METRICS_ADAPTER_REGION, ALIBABA_CLOUD_REGION_ID, Region) must be given, unless sls.endpoint is',
    ]);
  });

  it('shows one fault for each setting: the one that explains the others', () => {
    const config = file('sls: { region: r1 }\nserver: { bindAddress: 5 }');
    expect(refusalOf({ flags: { config } })).toEqual([
      'wrong configuration:',
      `  server.bindAddress (${config}) is 5 and must be text`,
      remedy,
    ]);
  });

  it('shows unknown keys, and the keys that exist', () => {
    const config = file('sls: { region: r1 }\nlog: { levle: info, colour: red }\nsever: {}');
    expect(refusalOf({ flags: { config } })).toEqual([
      'wrong configuration:',
      `  log.levle (${config}) is not a setting; log takes level`,
      `  log.colour (${config}) is not a setting; log takes level`,
      `  sever (${config}) is not a setting; the file takes server, kubernetes, sls, defaults, reading, heartbeat, projects, access, metrics, hosts, logColumns, telemetry, keda, log`,
      remedy,
    ]);
  });

  it('shows all faults in lists and in nested sections, by their path', () => {
    const config = file(`
      sls: { region: r1, breaker: { failures: 0, openSecs: 5 }, maxConcurrentQueries: .inf }
      kubernetes: { autoscalerNamespaces: [a, B, ~] }
      reading: { delay: { mostSeconds: 5 } }
      projects:
        - project: k8s-log-*
          reading: { maxSeries: 1, delay: { leastSeconds: 20 } }
        - project: k8s-log-1
        - sls: { readTimeoutSeconds: 2, "a\\nb": 1 }
          reading: ${'x'.repeat(200)}
        - ~
    `);
    const [first, ...lines] = refusalOf({ flags: { config } });
    expect([first, lines.pop()]).toEqual(['wrong configuration:', remedy]);
    const from = `(${config})`;
    const namespace = 'must be a namespace: up to 63 lower-case letters, digits and hyphens';
    const ofReading =
      'refreshesIn15Seconds, freshnessSeconds, maxStaleSeconds, patienceSeconds, deadlineSeconds, maxNamedRoutes, window, delaySeconds, delay, silence';
    const ofSls = 'region, network, endpoint, maxConcurrentQueries, breaker, credentials';
    expect(lines.sort()).toEqual([
      `  kubernetes.autoscalerNamespaces[1] ${from} is "B" and ${namespace}`,
      `  kubernetes.autoscalerNamespaces[2] ${namespace}`,
      `  projects[0].reading.delay.leastSeconds ${from} is 20 and must be at most reading.delay.initialSeconds, which is 10`,
      `  projects[0].reading.maxSeries ${from} is not a setting; projects[0].reading takes ${ofReading}`,
      `  projects[1].project ${from} is "k8s-log-1" and must come before projects[0], which matches all of its projects: the first match counts`,
      '  projects[2].project must be a project such as k8s-log-c1, or a pattern such as k8s-log-*',
      `  projects[2].reading ${from} is "${'x'.repeat(99)}… and must be a mapping of settings`,
      `  projects[2].sls.readTimeoutSeconds ${from} is not a setting; projects[2].sls takes ${ofSls}`,
      `  projects[2].sls["a\\nb"] ${from} is not a setting; projects[2].sls takes ${ofSls}`,
      '  projects[3] must be a mapping of settings',
      `  reading.delay.mostSeconds ${from} is 5 and must be at least reading.delay.initialSeconds, which is 10`,
      `  sls.breaker.failures ${from} is 0 and must be a whole number from 1 to 100`,
      `  sls.breaker.openSecs ${from} is not a setting; sls.breaker takes failures, openSeconds`,
      `  sls.maxConcurrentQueries ${from} is Infinity and must be a whole number from 1 to 100`,
    ]);
  });

  it('refuses a section that is not a mapping, even if a flag sets something in it', () => {
    const config = file('sls: cn-beijing');
    expect(refusalOf({ flags: { config, region: 'r1' } })).toEqual([
      'wrong configuration:',
      `  sls (${config}) is "cn-beijing" and must be a mapping of settings`,
      remedy,
    ]);
  });

  it('takes merge keys of YAML, also several in a list', () => {
    const config = file(`---
sls: { region: cn-beijing }
projects:
  - &usual { project: k8s-log-a, reading: &reading { refreshesIn15Seconds: 2 } }
  - { <<: *usual, project: k8s-log-b }
  - { project: k8s-log-c, reading: { <<: [{ maxStaleSeconds: 90 }, *reading] } }
`);
    expect(load({ flags: { config } }).projects).toMatchObject([
      { project: 'k8s-log-a', reading: { refreshesIn15Seconds: 2 } },
      { project: 'k8s-log-b', reading: { refreshesIn15Seconds: 2 } },
      { project: 'k8s-log-c', reading: { refreshesIn15Seconds: 2, maxStaleSeconds: 90 } },
    ]);
  });

  it('refuses an unknown key also where it was merged', () => {
    const config = file('sls: { region: cn-beijing }\nlog: { <<: { levle: info } }\n');
    expect(refusalOf({ flags: { config } }).join()).toContain('log.levle');
  });

  it('ignores YAML tags of lists', () => {
    const config = file('sls: { region: r1 }\nlog: !!omap [level: info]');
    expect(refusalOf({ flags: { config } })[1]).toBe(
      `  log (${config}) is [{"level":"info"}] and must be a mapping of settings`,
    );
  });

  it.each([
    ['a: b: c', 'is not YAML: Nested mappings are not allowed in compact mappings at line 1, column 4'],
    ['log: { level: info', 'is not YAML: '],
    ['log: {}\nlog: {}', 'is not YAML: Map keys must be unique at line 2, column 1'],
    [
      '--- {}\n--- {}',
      'has several YAML documents: put all settings into one, and remove the lines --- between them',
    ],
    ['sls: {}\n---\n', 'has several YAML documents: put all settings into one'],
    ['sls: { <<: 3 }', 'is not YAML: '],
    ['[a, b]', 'must hold a mapping of settings'],
    ['region', 'must hold a mapping of settings'],
    [`a: &a [1]\nb: &b [${'*a,'.repeat(120)}]\nc: [*b, *b, *b]`, 'is not YAML: Excessive alias count'],
    ['log: &a { level: *a }', 'is nested too deeply'],
  ])('explains in one line the fault of the file %j', (yaml, why) => {
    const config = file(yaml);
    const lines = refusalOf({ flags: { config } });
    expect(lines).toHaveLength(1);
    const start = `the configuration file ${config} ${why}`;
    expect(lines[0]?.slice(0, start.length)).toBe(start);
    expect(lines[0]).toMatch(/[^:]\. See --help and docs\/configuration\.md\.$/);
  });

  it('refuses a file that is nested without end', () => {
    const config = file('['.repeat(100_000));
    expect(refusalOf({ flags: { config } })).toEqual([
      `the configuration file ${config} is nested too deeply. ${remedy}`,
    ]);
  });

  it('says why the file cannot be read', () => {
    const missing = join(directory, 'missing.yaml');
    expect(refusalOf({ flags: { config: missing } })).toEqual([
      `the configuration file ${missing} cannot be read (ENOENT). ${remedy}`,
    ]);
    expect(refusalOf({ flags: { config: directory } })[0]).toContain('cannot be read (EISDIR)');
  });
});
