import { apiService, apiServiceAvailable, apiServiceOwner } from './api-service-checks.ts';
import { autoscalerChecks } from './autoscaler-checks.ts';
import { caBundle } from './ca-bundle-check.ts';
import type { CheckResult } from './check.ts';
import { hpas, kubernetes } from './cluster-checks.ts';
import { configuration, credentials } from './configuration-checks.ts';
import { clock, endpoint } from './endpoint-checks.ts';
import {
  type Asked,
  type DoctorCheck,
  type DoctorSurroundings,
  FactBook,
  type Facts,
  findingOf,
} from './examination.ts';
import { fields, fieldTypes } from './field-checks.ts';
import { lag } from './lag-check.ts';
import { freshness, logFormat, route } from './line-checks.ts';
import { logstoreChecks } from './logstore-checks.ts';
import { ownMetrics } from './own-metrics-check.ts';
import { rightsChecks } from './rights-checks.ts';
import { runChecks } from './run-checks.ts';
import { access, reading, target } from './target-checks.ts';

const deadlineMs = 15_000;

/**
 * Runs every check.
 *
 * @param signal aborted: what is not done yet is skipped
 * @param onResult told of each result, in the order of the list
 */
export async function examine(
  asked: Asked,
  around: DoctorSurroundings,
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  await using closing = new AsyncDisposableStack();
  const examination = { asked, around, facts: new FactBook<Facts>(), closing };
  return await runChecks(allChecks(asked), examination, { deadlineMs, signal, findingOf, onResult });
}

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
