import { agentField } from '../sls/heartbeat-lines.ts';
import { failed, ok, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';
import { indexKeys } from './field-checks.ts';

const reachSeconds = 600;

export const heartbeat: DoctorCheck = {
  id: 'heartbeat',
  description:
    'Lines of heartbeats ([heartbeat](heartbeat.md)) were logged within the last 10 minutes, if `heartbeat.url` is set',
  needs: ['index'],
  deadlineMs: 30_000,
  run: async ({ dependencies, facts }, signal) => {
    const sls = facts.get('sls');
    if (sls.heartbeats === undefined) return ok('heartbeat.url is not set');
    const { project, logstore } = sls.heartbeats.log;
    const nowSeconds = Math.floor(dependencies.clock.now() / 1000);
    const window = { startSeconds: nowSeconds - reachSeconds, endSeconds: nowSeconds };
    const address = { endpoint: sls.endpointOf({ project, internalEndpoint: undefined }), project, logstore };
    const counts = await sls.countSeconds({ ...address, window, plannedAtSeconds: nowSeconds }, signal);
    if (sls.heartbeats.isIndexed === false)
      return failed(
        `${agentField} is not indexed in ${project}/${logstore}, so queries cannot leave out heartbeats, and none is sent`,
        'Add the field to the index of the logstore:',
        indexKeys([{ name: agentField, type: 'text' }]),
      );
    const lines = [...counts.ownHeartbeats.values()].reduce((sum, count) => sum + count, 0);
    const ageSeconds = nowSeconds - Math.max(...counts.ownHeartbeats.keys());
    if (lines > 0)
      return ok(`${lines} lines of heartbeats within 10 minutes, the last one ${ageSeconds} s ago`);
    return warn(
      `no line of a heartbeat in ${project}/${logstore} within 10 minutes`,
      'Heartbeats are sent while an adapter with this configuration is read. If one is, its metric sls_metrics_adapter_heartbeat_state says whether the ingress answers them; if it does, it writes no access log for heartbeat.url, or writes it to another logstore.',
    );
  },
};
