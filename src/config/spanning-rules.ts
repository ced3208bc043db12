import { isIP } from 'node:net';
import { patternCovers } from '../access/patterns.ts';
import { readingSection } from './reading-section.ts';
import { isMapping, pathText, valueAt, type SettingPath } from './setting-path.ts';

interface SpanningFault {
  readonly path: SettingPath;
  readonly message: string;
}

/** Tells if a setting has a fault already, so that no rule can be applied to it. */
type IsWrong = (path: SettingPath) => boolean;

/**
 * Returns the faults of settings that do not fit together.
 *
 * @param config as the schema leaves it: it may contain anything where a fault was found already
 */
export const spanningFaults = (config: unknown, isWrong: IsWrong): SpanningFault[] => [
  ...combinationFaults(config),
  ...orderFaults(config, isWrong),
  ...coveredFaults(config),
  ...regionFaults(config),
];

function combinationFaults(config: unknown): SpanningFault[] {
  const at = (path: string) => valueAt(config, path.split('.'));
  const [certificate, key, address] = ['tlsCertFile', 'tlsPrivateKeyFile', 'bindAddress'].map((name) =>
    at(`server.${name}`),
  );
  const pair = 'must be given: certificate and private key go together';
  const rules: readonly (readonly [isBroken: boolean, path: string, message: string])[] = [
    [
      at('sls.region') === undefined && at('sls.endpoint') === undefined,
      'sls.region',
      'must be given, unless sls.endpoint is',
    ],
    [certificate === undefined && key !== undefined, 'server.tlsCertFile', pair],
    [certificate !== undefined && key === undefined, 'server.tlsPrivateKeyFile', pair],
    [
      at('kubernetes.manageApiService') === true && certificate !== undefined,
      'kubernetes.manageApiService',
      'must be false if server.tlsCertFile is given: the adapter does not know the authority of that certificate',
    ],
    [
      at('server.authentication') === 'none' && typeof address === 'string' && !isLoopback(address),
      'server.bindAddress',
      'must be a loopback address (127.0.0.1, ::1) if authentication is none',
    ],
    [
      at('telemetry.statusPage') === true && at('telemetry.port') === undefined,
      'telemetry.port',
      'must be given if telemetry.statusPage is true',
    ],
    [
      at('keda.clientCaFile') !== undefined && at('keda.port') === undefined,
      'keda.port',
      'must be given if keda.clientCaFile is',
    ],
    [
      at('keda.clientCaFile') !== undefined && at('server.authentication') === 'none',
      'keda.clientCaFile',
      'must be left out if authentication is none: the port is then without TLS, on loopback',
    ],
    ...(['project', 'logstore'] as const).map(
      (name) =>
        [
          at('heartbeat.url') !== undefined &&
            (at(`heartbeat.${name}`) ?? at(`defaults.${name}`)) === undefined,
          `heartbeat.${name}`,
          `must be given if heartbeat.url is, unless defaults.${name} is`,
        ] as const,
    ),
  ];
  return rules.flatMap(([isBroken, path, message]) => {
    const [section = '', ...below] = path.split('.');
    // A section that is not a mapping has its own fault.
    return isBroken && isMapping(at(section)) ? [{ path: [section, ...below], message }] : [];
  });
}

function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}

/**
 * Pairs of settings in `reading` of which the first must not be greater. A fresh reading is served even if SLS fails, so
 * `maxStaleSeconds` limits the age of every reading only if `freshnessSeconds` is within it.
 */
const ascending = [
  ['delay.leastSeconds', 'delay.initialSeconds'],
  ['delay.initialSeconds', 'delay.mostSeconds'],
  ['delay.leastSeconds', 'delay.mostSeconds'],
  ['freshnessSeconds', 'maxStaleSeconds'],
] as const;

const defaults = readingSection.parse({});

/** A number, its path, and whether the user chose it there. */
interface Placed {
  readonly path: SettingPath;
  readonly value: number;
  readonly chosen: boolean;
}

/**
 * Returns numbers in the wrong order, in `reading` and in what each project makes of it. The fault is reported for the
 * setting that the user chose; if the user chose both, for the one that must be smaller.
 */
function orderFaults(config: unknown, isWrong: IsWrong): SpanningFault[] {
  const placed = (scope: SettingPath, key: string): Placed | undefined => {
    const path = [...scope, 'reading', ...key.split('.')];
    const value = valueAt(config, path);
    const inherited = scope.length > 0 && value === undefined ? placed([], key) : undefined;
    if (inherited !== undefined) return { ...inherited, chosen: false };
    const isDefault = scope.length === 0 && value === valueAt(defaults, key.split('.'));
    return typeof value === 'number' && !isWrong(path) ? { path, value, chosen: !isDefault } : undefined;
  };
  const faultOf = (lesser: Placed | undefined, greater: Placed | undefined): SpanningFault[] => {
    if (lesser === undefined || greater === undefined || lesser.value <= greater.value) return [];
    const [at, words, other] = lesser.chosen ? [lesser, 'most', greater] : [greater, 'least', lesser];
    // If a project chose neither, the fault is reported for `reading` itself.
    if (!at.chosen) return [];
    const message = `must be at ${words} ${pathText(other.path)}, which is ${other.value}`;
    return [{ path: at.path, message }];
  };
  return [[], ...projectsOf(config).map((_, index) => ['projects', index])].flatMap((scope) =>
    ascending.flatMap(([lesser, greater]) => faultOf(placed(scope, lesser), placed(scope, greater))),
  );
}

/** Returns entries of `projects` that no project can reach. */
function coveredFaults(config: unknown): SpanningFault[] {
  const patterns = projectsOf(config).map((entry) => valueAt(entry, ['project']));
  return patterns.flatMap((pattern, index) => {
    if (typeof pattern !== 'string') return [];
    const first = patterns
      .slice(0, index)
      .findIndex((earlier) => typeof earlier === 'string' && patternCovers(earlier, pattern));
    if (first < 0) return [];
    const message = `must come before projects[${first}], which matches all of its projects: the first match counts`;
    return [{ path: ['projects', index, 'project'], message }];
  });
}

/** Returns entries of `projects` with a network but without a region: the endpoint of all projects would be used. */
function regionFaults(config: unknown): SpanningFault[] {
  if (valueAt(config, ['sls', 'region']) !== undefined) return [];
  return projectsOf(config).flatMap((entry, index) => {
    const own = (key: string) => valueAt(entry, ['sls', key]);
    if (own('network') === undefined || own('region') !== undefined || own('endpoint') !== undefined)
      return [];
    const path = ['projects', index, 'sls', 'region'];
    return [{ path, message: 'must be given, because the network belongs to a region' }];
  });
}

function projectsOf(config: unknown): readonly unknown[] {
  const projects = valueAt(config, ['projects']);
  return Array.isArray(projects) ? projects : [];
}
