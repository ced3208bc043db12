import { labelDefinitions } from '../metric/labels.ts';
import { defaultBackendText, surveyDefaultBackends } from '../sls/default-backend.ts';
import { ok, skipped, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';
import { defaultReach, ingressLogOf } from './logstore-query.ts';

/** Their lines name no route, so readings of the route that failed are too low. */
export const defaultBackend: DoctorCheck = {
  id: 'default-backend',
  description: 'No default backend of ingress-nginx answered requests that a service had failed',
  needs: ['log-format'],
  deadlineMs: 30_000,
  run: async ({ dependencies, facts }, signal) => {
    const { request, address } = facts.get('target');
    if (ingressLogOf(request)?.kind !== 'nginx-ingress') return skipped('only nginx-ingress has one');
    const endSeconds = Math.floor(dependencies.clock.now() / 1000) + 1;
    const window = { startSeconds: endSeconds - defaultReach[0], endSeconds };
    const uses = await surveyDefaultBackends(address, window, facts.get('sls').gates, signal);
    if (uses.length === 0) return ok('none within the last hour');
    const host = uses.find((use) => use.host !== '')?.host ?? 'HOST';
    return warn(
      uses.map((use) => `within the last hour, ${defaultBackendText(use)}`).join('\n'),
      'Such lines name the default backend (custom-http-errors, or the annotation default-backend while no pod is ready), so they count for no route: the more a service fails, the fewer requests and errors its route has, and its HPA scales in. Scale it by its host instead of its route:',
      `${labelDefinitions.host.name}: ${host}`,
    );
  },
};
