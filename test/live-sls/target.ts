import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { AdapterError } from '../../src/errors.ts';

/** Where the test runs. */
export interface LiveTarget {
  readonly project: string;
  /** Flags of the adapter that lead it there, by option key. */
  readonly flags: Readonly<Record<string, string>>;
  readonly config: Config;
}

/** @throws AdapterError `ConfigInvalid` that names the variable */
export function targetOf(env: Readonly<Record<string, string | undefined>>): LiveTarget {
  const valueOf = (name: string) => (env[name] === '' ? undefined : env[name]);
  const [project, endpoint, region, network = 'public'] = [
    valueOf('SLS_PROJECT'),
    valueOf('SLS_ENDPOINT'),
    valueOf('SLS_REGION'),
    valueOf('SLS_NETWORK'),
  ];
  if (project === undefined)
    throw new AdapterError(
      'ConfigInvalid',
      'SLS_PROJECT must name a project in which a logstore may be made',
    );
  if (endpoint === undefined && region === undefined)
    throw new AdapterError('ConfigInvalid', 'SLS_REGION (such as cn-beijing) or SLS_ENDPOINT must be set');
  const flags: Record<string, string> =
    endpoint === undefined
      ? { region: region ?? '', network }
      : { slsEndpoint: /^https?:/.test(endpoint) ? endpoint : `https://${endpoint}` };
  return { project, flags, config: loadConfig({ flags, env: {} }) };
}
