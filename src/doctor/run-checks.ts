import { failed, skipped, type Check, type CheckResult, type Finding } from './check.ts';

export interface RunSettings {
  /** Of a check that has none of its own. */
  readonly deadlineMs: number;
  /** Aborted: what is not done yet is skipped. */
  readonly signal: AbortSignal;
  /** What a check that throws has found. */
  readonly findingOf: (thrown: unknown) => Finding;
  /** Told of each result, in the order of the list, as soon as all before it are there. */
  readonly onResult?: (result: CheckResult) => void;
}

/**
 * Runs checks in the order that they ask for, all at a time that wait for nothing. Never rejects for what a check does.
 *
 * @param checks each after those that it waits for
 * @throws Error where one waits for what does not come before it
 */
export async function runChecks<Examination>(
  checks: readonly Check<Examination>[],
  examination: Examination,
  settings: RunSettings,
): Promise<readonly CheckResult[]> {
  const running = new Map<string, Promise<CheckResult>>();
  const ended = (check: Check<Examination>, ids: readonly string[]) =>
    ids.map((id) => {
      const result = running.get(id);
      if (result === undefined) throw new Error(`check ${check.id} waits for ${id}, which is not before it`);
      return result;
    });
  for (const check of checks) {
    const [after, behind] = [ended(check, check.after), ended(check, check.behind ?? [])];
    const run = async (): Promise<CheckResult> => {
      const [needed] = await Promise.all([Promise.all(after), Promise.all(behind)]);
      const waitsFor = rootsOf(needed);
      if (waitsFor.length > 0) return waiting(check.id, waitsFor);
      return runOne(check, examination, settings);
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

/** The failed checks that these are, or were skipped for. */
function rootsOf(needed: readonly CheckResult[]): string[] {
  const roots = needed.flatMap(({ check, status, waitsFor }) => {
    if (status === 'ok' || status === 'warn') return [];
    return waitsFor.length > 0 ? waitsFor : [check];
  });
  return [...new Set(roots)];
}

const waiting = (check: string, waitsFor: readonly string[]): CheckResult => ({
  ...skipped(`waits for ${waitsFor.join(', ')}`),
  check,
  waitsFor,
  durationMs: 0,
});

async function runOne<Examination>(
  check: Check<Examination>,
  examination: Examination,
  { deadlineMs: usualMs, signal, findingOf }: RunSettings,
): Promise<CheckResult> {
  const startMs = performance.now();
  const done = (finding: Finding): CheckResult => ({
    ...finding,
    check: check.id,
    waitsFor: [],
    durationMs: Math.round(performance.now() - startMs),
  });
  if (signal.aborted) return done(interrupted);
  const deadlineMs = check.deadlineMs ?? usualMs;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), deadlineMs);
  const either = AbortSignal.any([signal, limit.signal]);
  // A check that does not heed its signal is left behind.
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
  try {
    const found = await Promise.race([attempt(), stopped]);
    if (found !== undefined && !either.aborted) return done(found);
    if (!limit.signal.aborted) return done(interrupted);
    return done(
      failed(
        `no answer within ${deadlineMs / 1000} s`,
        'Run doctor again; if it stays so, look at what it waits for.',
      ),
    );
  } finally {
    clearTimeout(timer);
  }
}

const interrupted: Finding = skipped('interrupted');
