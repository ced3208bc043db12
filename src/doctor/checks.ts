import { apiService, apiServiceAvailable, apiServiceOwner } from './api-service-checks.ts';
import { autoscalerChecks } from './autoscaler-checks.ts';
import { caBundle } from './ca-bundle-check.ts';
import { hpas, kubernetes } from './cluster-checks.ts';
import { configuration } from './configuration-checks.ts';
import { credentials } from './credentials-check.ts';
import { clock, endpoint } from './endpoint-checks.ts';
import type { Asked, DoctorCheck } from './examination.ts';
import { fields, fieldTypes } from './field-checks.ts';
import { lag } from './lag-check.ts';
import { freshness, logFormat } from './line-checks.ts';
import { logstoreChecks } from './logstore-checks.ts';
import { ownMetrics } from './own-metrics-check.ts';
import { reading } from './reading-check.ts';
import { rightsChecks } from './rights-checks.ts';
import { route } from './route-check.ts';
import { access, target } from './target-checks.ts';

/** Every check, each after those that it waits for. */
export const allChecks = (asked: Pick<Asked, 'selector'>): readonly DoctorCheck[] => [
  configuration,
  kubernetes,
  hpas,
  target(asked),
  access,
  credentials,
  endpoint,
  clock,
  ...logstoreChecks,
  fields,
  fieldTypes,
  freshness,
  logFormat,
  route,
  lag,
  reading,
  ownMetrics,
  apiService,
  apiServiceOwner,
  apiServiceAvailable,
  caBundle,
  ...rightsChecks,
  ...autoscalerChecks,
];
