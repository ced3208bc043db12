import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import { catalogOf } from '../service/own-metrics.ts';
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
      return Promise.resolve(failed(error.what, remedy));
    }
    const sls = createSls(config, around, around.observer);
    closing.defer(() => sls.close());
    facts.learn({ config, catalog: catalogOf(config), sls });
    const { region = '', network, endpoint } = config.sls;
    return Promise.resolve(ok(`SLS ${endpoint ?? `in region ${region}, network ${network}`}`));
  },
};
