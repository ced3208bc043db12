import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import { catalogOf } from '../service/catalog.ts';
import { createSls } from '../service/sls-stack.ts';
import { failed, ok } from './check.ts';
import type { DoctorCheck } from './examination.ts';

export const configuration: DoctorCheck = {
  id: 'configuration',
  what: 'Flags, environment and configuration file; every fault is told',
  after: [],
  run: ({ asked, around, facts, closing }) => {
    const { flags } = asked;
    let config: Config;
    try {
      config = loadConfig({ flags, env: around.env });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const remedy = 'Correct each setting as its line says; docs/configuration.md has all of them.';
      return failed(error.what, remedy);
    }
    const sls = createSls(config, around, around.observer);
    closing.defer(() => sls.close());
    facts.learn({ config, catalog: catalogOf(config), sls });
    const { region = '', network, endpoint } = config.sls;
    return ok(`SLS ${endpoint ?? `in region ${region}, network ${network}`}`);
  },
};

const shownOfKey = 4;

export const credentials: DoctorCheck = {
  id: 'credentials',
  what: 'Whether there are credentials for the project, and where they come from',
  after: ['target'],
  deadlineMs: 20_000,
  run: async ({ facts }) => {
    const sls = facts.get('sls');
    const { project } = facts.get('target').address;
    try {
      const { accessKeyId, securityToken } = await sls.credentialsOf(project).current();
      const [identity] = sls.identities();
      const until =
        identity?.expiresAtMs === undefined ? '' : `, until ${new Date(identity.expiresAtMs).toISOString()}`;
      const kind = securityToken === undefined ? 'a lasting key' : `a temporary key${until}`;
      return ok(
        `${kind}, ID …${accessKeyId.slice(-shownOfKey)}${identity === undefined ? '' : ` (${identity.name})`}`,
      );
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return failed(
        error.what,
        'Give the pod a RAM role (RRSA), or a key in a Secret that the Deployment takes as environment:',
        'kubectl create secret generic sls-metrics-adapter-credentials -n sls-metrics-adapter \\\n  --from-literal=ALIBABA_CLOUD_ACCESS_KEY_ID=ID --from-literal=ALIBABA_CLOUD_ACCESS_KEY_SECRET=SECRET',
      );
    }
  },
};
