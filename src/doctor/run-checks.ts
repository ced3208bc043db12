import { failed, skipped, type Check, type CheckResult, type Finding } from './check.ts';

interface RunSettings {
  /** For checks without a deadline of their own. */
  readonly deadlineMs: number;
  /** Once aborted, unfinished checks are skipped. */
  readonly signal: AbortSignal;
  /** Turns an error that a check throws into a finding. */
  readonly findingOf: (thrown: unknown) => Finding;
  /** Called for each result in list order, as soon as all results before it are known. */
  readonly onResult?: (result: CheckResult) => void;
}

/**
 * Runs checks concurrently, each once the checks that it needs have ended. Never rejects because of a check's error.
 *
 * @param checks each listed after the checks that it needs
 * @throws Error if a check needs one that is not listed before it
 */
export async function runChecks<Examination>(
  checks: readonly Check<Examination>[],
  examination: Examination,
  settings: RunSettings,
): Promise<readonly CheckResult[]> {
  const running = new Map<string, Promise<CheckResult>>();
  const resultsOf = (check: Check<Examination>, ids: readonly string[]) =>
    ids.map((id) => {
      const result = running.get(id);
      if (result === undefined) throw new Error(`check ${check.id} needs ${id}, which is not before it`);
      return result;
    });
  for (const check of checks) {
    const [needs, runsAfter] = [resultsOf(check, check.needs), resultsOf(check, check.runsAfter ?? [])];
    const run = async (): Promise<CheckResult> => {
      const [needed] = await Promise.all([Promise.all(needs), Promise.all(runsAfter)]);
      const waitsFor = rootsOf(needed);
      if (waitsFor.length === 0) return runOne(check, examination, settings);
      return { ...skipped(`needs ${waitsFor.join(', ')}`), check: check.id, waitsFor, durationMs: 0 };
    };
    running.set(check.id, run());
  }
  const results: CheckResult[] = [];
  for (const promise of running.values()) {
    const result = await promise;
    results.push(result);
    settings.onResult?.(result);
  }
  return results;
}

/** Returns the checks that failed, and for skipped ones the checks that they were skipped for. */
function rootsOf(needed: readonly CheckResult[]): string[] {
  const roots = needed.flatMap(({ check, status, waitsFor }) => {
    if (status === 'ok' || status === 'warn') return [];
    return waitsFor.length > 0 ? waitsFor : [check];
  });
  return [...new Set(roots)];
}

async function runOne<Examination>(
  check: Check<Examination>,
  examination: Examination,
  { deadlineMs: defaultDeadlineMs, signal, findingOf }: RunSettings,
): Promise<CheckResult> {
  const startMs = performance.now();
  const done = (finding: Finding): CheckResult => ({
    ...finding,
    check: check.id,
    waitsFor: [],
    durationMs: Math.round(performance.now() - startMs),
  });
  if (signal.aborted) return done(interrupted);
  const deadlineMs = check.deadlineMs ?? defaultDeadlineMs;
  const deadline = AbortSignal.timeout(deadlineMs);
  const either = AbortSignal.any([signal, deadline]);
  // The run does not wait for a check that ignores its signal.
  const stopped = new Promise<undefined>((resolve) => {
    either.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const attempt = async () => {
    try {
      return await check.run(examination, either);
    } catch (thrown) {
      return findingOf(thrown);
    }
  };
  const found = await Promise.race([attempt(), stopped]);
  if (found !== undefined && !either.aborted) return done(found);
  if (!deadline.aborted) return done(interrupted);
  return done(
    failed(
      `no answer within ${deadlineMs / 1000} s`,
      'Run doctor again. If it still gets no answer, look at the service that this check contacts.',
    ),
  );
}

const interrupted: Finding = skipped('interrupted');
