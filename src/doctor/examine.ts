import { assumptions } from './assumptions-check.ts';
import { apiService, apiServiceAvailable, apiServiceOwner } from './api-service-checks.ts';
import { autoscalerChecks } from './autoscaler-checks.ts';
import { caBundle } from './ca-bundle-check.ts';
import type { CheckResult } from './check.ts';
import { hpas, kubernetes } from './cluster-checks.ts';
import { accessRules, configuration, credentials } from './configuration-checks.ts';
import { clock, endpoint } from './endpoint-checks.ts';
import {
  type DoctorInput,
  type DoctorCheck,
  type DoctorDependencies,
  FactStore,
  findingOf,
} from './examination.ts';
import { fields, fieldTypes } from './field-checks.ts';
import { heartbeat } from './heartbeat-check.ts';
import { fileHpas, hpaReadings } from './hpa-file-checks.ts';
import { hpaLogstores } from './hpa-logstores-check.ts';
import { hpaTargets } from './hpa-targets-check.ts';
import { lag } from './lag-check.ts';
import { logKind } from './log-kind-check.ts';
import { freshness, logFormat, route } from './line-checks.ts';
import { logstoreChecks } from './logstore-checks.ts';
import { hpaMigration, provider, takeOver } from './migration-checks.ts';
import { defaultBackend, doubledLines } from './nginx-checks.ts';
import { ownMetrics } from './own-metrics-check.ts';
import { rightsChecks } from './rights-checks.ts';
import { runChecks } from './run-checks.ts';
import { access, reading, target } from './target-checks.ts';

const deadlineMs = 15_000;

/**
 * Runs all checks.
 *
 * @param signal once aborted, unfinished checks are skipped
 * @param onResult called for each result, in the order of `allChecks`
 */
export async function examine(
  input: DoctorInput,
  dependencies: DoctorDependencies,
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  await using cleanup = new AsyncDisposableStack();
  const examination = { input, dependencies, facts: new FactStore(), cleanup };
  return await runChecks(checksOf(input), examination, { deadlineMs, signal, findingOf, onResult });
}

/** Returns the checks of a run, each after the checks that it needs. */
const checksOf = (input: DoctorInput): readonly DoctorCheck[] =>
  input.migrate === true ? migrationChecks : input.hpaFile === undefined ? allChecks(input) : hpaFileChecks;

const migrationChecks: readonly DoctorCheck[] = [
  configuration,
  kubernetes,
  hpas,
  provider,
  hpaMigration,
  takeOver,
];

const hpaFileChecks: readonly DoctorCheck[] = [
  configuration,
  fileHpas,
  hpaTargets,
  ...autoscalerChecks,
  target({ selector: undefined }),
  credentials,
  endpoint,
  clock,
  ...logstoreChecks,
  logKind,
  fields,
  freshness,
  logFormat,
  route,
  hpaLogstores,
  hpaReadings,
];

export const allChecks = (input: Pick<DoctorInput, 'selector'>): readonly DoctorCheck[] => [
  configuration,
  accessRules,
  kubernetes,
  hpas,
  target(input),
  access,
  credentials,
  endpoint,
  clock,
  ...logstoreChecks,
  logKind,
  fields,
  fieldTypes,
  freshness,
  logFormat,
  route,
  defaultBackend,
  doubledLines,
  lag,
  heartbeat,
  reading,
  ownMetrics,
  assumptions,
  apiService,
  apiServiceOwner,
  apiServiceAvailable,
  caBundle,
  ...rightsChecks,
  hpaTargets,
  ...autoscalerChecks,
  hpaLogstores,
];
