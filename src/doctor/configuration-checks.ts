import { reopenedRules, reopenedText } from '../access/reopened-rules.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import { catalogOf } from '../service/catalog.ts';
import { createSls } from '../service/sls-stack.ts';
import { failed, ok, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';

const anyRegion = { Region: 'cn-hangzhou' };

export const configuration: DoctorCheck = {
  id: 'configuration',
  description: 'Flags, environment and configuration file are valid. All faults are reported together',
  needs: [],
  run: ({ input, dependencies, facts, cleanup }) => {
    const isMigration = input.migrate === true;
    // A migration asks nothing of SLS, so any region will do.
    const env = isMigration ? { ...anyRegion, ...dependencies.env } : dependencies.env;
    let config: Config;
    try {
      config = loadConfig({ flags: input.flags, env });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return failed(
        error.what,
        'Correct each setting as its line says. docs/configuration.md lists all settings.',
      );
    }
    const sls = createSls(config, dependencies, dependencies.observer);
    cleanup.defer(() => sls.close());
    facts.learn({ config, catalog: catalogOf(config), sls });
    if (isMigration) return ok('valid; nothing is asked of SLS');
    const { region = '', network, endpoint } = config.sls;
    return ok(`SLS ${endpoint ?? `in region ${region}, network ${network}`}`);
  },
};

export const accessRules: DoctorCheck = {
  id: 'access-rules',
  description: 'No rule of the access section narrows what another rule allows anyway',
  needs: ['configuration'],
  run: ({ facts }) => {
    const { rules } = facts.get('config').access;
    const reopened = reopenedRules(rules);
    if (reopened.length === 0)
      return ok(rules.length === 0 ? 'there are no rules' : 'all rules have an effect');
    return warn(
      reopened.map(reopenedText).join('\n'),
      'Narrow the rule that allows more, or name the namespaces of its list `namespaces` one by one. docs/access.md has an example.',
    );
  },
};

/** Characters of an access key ID that are shown, from its end. */
const shownOfKey = 4;

export const credentials: DoctorCheck = {
  id: 'credentials',
  description: 'There are credentials for the project. The result says where they come from',
  needs: ['target'],
  deadlineMs: 20_000,
  run: async ({ facts }) => {
    const sls = facts.get('sls');
    const { project } = facts.get('target').address;
    try {
      const { accessKeyId, securityToken } = await sls.credentialsOf(project).current();
      const [identity] = sls.identities();
      const until =
        identity?.expiresAtMs === undefined ? '' : `, until ${new Date(identity.expiresAtMs).toISOString()}`;
      const kind = securityToken === undefined ? 'a permanent key' : `a temporary key${until}`;
      const source = identity === undefined ? '' : ` (${identity.name})`;
      return ok(`${kind}, ID …${accessKeyId.slice(-shownOfKey)}${source}`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return failed(
        error.what,
        'In a shell, export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. In a cluster, docs/install.md has the ways: a RAM role for the pods (RRSA), or a key in a Secret. With deploy/adapter that Secret is:',
        'kubectl create secret generic sls-metrics-adapter-credentials -n sls-metrics-adapter \\\n  --from-literal=ALIBABA_CLOUD_ACCESS_KEY_ID=ID --from-literal=ALIBABA_CLOUD_ACCESS_KEY_SECRET=SECRET',
      );
    }
  },
};
