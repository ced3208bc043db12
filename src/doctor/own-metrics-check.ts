import { AdapterError } from '../errors.ts';
import { checkOwnMetrics } from '../service/own-metric-check.ts';
import { failed, ok } from './check.ts';
import { remedyOf, type DoctorCheck } from './examination.ts';

/** Each over one second of its own logstore, whatever the target is. */
export const ownMetrics: DoctorCheck = {
  id: 'own-metrics',
  what: 'Whether SLS takes the SQL of every metric of the configuration',
  after: ['endpoint'],
  deadlineMs: 60_000,
  run: async ({ around, facts }, signal) => {
    const checks = await checkOwnMetrics(facts.get('config'), facts.get('sls'), around.clock, signal);
    if (checks.length === 0) return ok('the configuration has none');
    const refused = checks.flatMap(({ metric, outcome }) =>
      outcome instanceof AdapterError ? [{ metric, error: outcome }] : [],
    );
    if (refused.length > 0)
      return failed(
        refused.map(({ metric, error }) => `${metric}: ${error.what}`).join('\n'),
        [...new Set(refused.map(({ error }) => remedyOf(error)))].join(' '),
      );
    const unplaced = checks.filter(({ outcome }) => outcome === 'unplaced').map(({ metric }) => metric);
    const taken = `${checks.length - unplaced.length} of ${checks.length} taken`;
    const hint = unplaced.length === 0 ? '' : `; without a project or logstore: ${unplaced.join(', ')}`;
    return ok(`${taken}${hint}`);
  },
};
