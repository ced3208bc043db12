import { describe, expect, it } from 'vitest';
import {
  failed,
  ok,
  skipped,
  warn,
  type Check,
  type CheckResult,
  type Finding,
} from '../../src/doctor/check.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';

/** A check that ends when the test says so. */
class HeldCheck implements Check<undefined> {
  readonly id: string;
  readonly description = 'held';
  readonly needs: readonly string[];
  readonly runsAfter: readonly string[];
  started = false;
  readonly #end = Promise.withResolvers<Finding>();

  constructor(id: string, needs: readonly string[] = [], runsAfter: readonly string[] = []) {
    this.id = id;
    this.needs = needs;
    this.runsAfter = runsAfter;
  }

  readonly run = (): Promise<Finding> => {
    this.started = true;
    return this.#end.promise;
  };

  end(finding: Finding): void {
    this.#end.resolve(finding);
  }

  fail(error: Error): void {
    this.#end.reject(error);
  }
}

/** Lets pending promises settle. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function start(checks: readonly Check<undefined>[], deadlineMs = 60_000) {
  const reported: string[] = [];
  const stop = new AbortController();
  const results = runChecks(checks, undefined, {
    deadlineMs,
    signal: stop.signal,
    findingOf: (thrown) => failed((thrown as Error).message, 'repair it'),
    onResult: ({ check }) => reported.push(check),
  });
  return { results, reported, stop };
}

const brief = (results: readonly CheckResult[]) =>
  results.map(({ check, status, waitsFor }) => [check, status, ...waitsFor]);

describe('runChecks', () => {
  it('runs checks concurrently, each once the checks that it needs have ended', async () => {
    const [one, two, third] = [
      new HeldCheck('one'),
      new HeldCheck('two'),
      new HeldCheck('third', ['one', 'two']),
    ];
    const { results } = start([one, two, third]);
    await settle();
    expect([one.started, two.started, third.started]).toEqual([true, true, false]);
    one.end(ok(''));
    await settle();
    expect(third.started).toBe(false);
    two.end(warn('', ''));
    await settle();
    expect(third.started).toBe(true);
    third.end(ok(''));
    expect(brief(await results)).toEqual([
      ['one', 'ok'],
      ['two', 'warn'],
      ['third', 'ok'],
    ]);
  });

  it('skips checks that need a failed one, directly or not, and names the failed one', async () => {
    const checks = [
      new HeldCheck('a'),
      new HeldCheck('b', ['a']),
      new HeldCheck('c', ['b']),
      new HeldCheck('d'),
    ];
    const last = new HeldCheck('e', ['c', 'd']);
    const { results } = start([...checks, last]);
    checks[0]?.end(failed('', ''));
    checks[3]?.end(skipped(''));
    const found = await results;
    expect(brief(found)).toEqual([
      ['a', 'failed'],
      ['b', 'skipped', 'a'],
      ['c', 'skipped', 'a'],
      ['d', 'skipped'],
      ['e', 'skipped', 'a', 'd'],
    ]);
    expect(found[4]?.found).toBe('needs a, d');
    expect([checks[1]?.started, last.started]).toEqual([false, false]);
  });

  it('runs a check only after the checks in runsAfter have ended, whatever their result', async () => {
    const [one, two] = [new HeldCheck('one'), new HeldCheck('two', [], ['one'])];
    const { results } = start([one, two]);
    await settle();
    expect(two.started).toBe(false);
    one.end(failed('', ''));
    two.end(ok(''));
    expect(brief(await results)).toEqual([
      ['one', 'failed'],
      ['two', 'ok'],
    ]);
  });

  it('reports each result in list order, as soon as those before it are known', async () => {
    const [one, two, three] = [new HeldCheck('one'), new HeldCheck('two'), new HeldCheck('three')];
    const { results, reported } = start([one, two, three]);
    two.end(ok(''));
    await settle();
    expect(reported).toEqual([]);
    one.end(ok(''));
    await settle();
    expect(reported).toEqual(['one', 'two']);
    three.end(ok(''));
    await results;
    expect(reported).toEqual(['one', 'two', 'three']);
  });

  it('turns an error that a check throws into a finding', async () => {
    const check = new HeldCheck('one');
    const { results } = start([check]);
    check.fail(new Error('broken'));
    expect(await results).toMatchObject([{ status: 'failed', found: 'broken', remedy: 'repair it' }]);
  });

  it('fails a check that does not end by its deadline, and goes on', async () => {
    const [slow, next] = [new HeldCheck('slow'), new HeldCheck('next', ['slow'])];
    const { results } = start([Object.assign(slow, { deadlineMs: 5 }), next]);
    const found = await results;
    expect(found[0]).toMatchObject({ status: 'failed', found: 'no answer within 0.005 s' });
    expect(brief(found)[1]).toEqual(['next', 'skipped', 'slow']);
  });

  it('aborts the signal of a check at its deadline', async () => {
    const seen = Promise.withResolvers<undefined>();
    const run = (_: undefined, signal: AbortSignal) => {
      signal.addEventListener('abort', () => seen.resolve(undefined));
      return new Promise<Finding>(() => undefined);
    };
    await start([{ id: 'one', description: '', needs: [], run }], 5).results;
    await seen.promise;
  });

  it('ends at once when interrupted, and skips unfinished checks', async () => {
    const [one, two, three] = [new HeldCheck('one'), new HeldCheck('two'), new HeldCheck('three', ['two'])];
    const { results, stop } = start([one, two, three]);
    one.end(ok(''));
    await settle();
    stop.abort('SIGINT');
    const found = await results;
    expect(brief(found)).toEqual([
      ['one', 'ok'],
      ['two', 'skipped'],
      ['three', 'skipped', 'two'],
    ]);
    expect(found[1]?.found).toBe('interrupted');
    expect(three.started).toBe(false);
  });

  it('refuses a list in which a check comes before one that it needs', async () => {
    await expect(start([new HeldCheck('one', ['two']), new HeldCheck('two')]).results).rejects.toThrow(
      'check one needs two, which is not before it',
    );
  });
});
