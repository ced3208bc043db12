import type { LogSource } from '../sls/client.ts';
import { withRetry } from '../reading/retry.ts';
import { askLedger, notAsked, type EntryResult } from '../sls/assumptions/ask-ledger.ts';
import { ledger } from '../sls/assumptions/ledger.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import type { DoctorCheck } from './examination.ts';

/** Asks SLS to compute with constants, one small query after the other. `entries` of the finding has each assumption. */
export const assumptions: DoctorCheck = {
  id: 'assumptions',
  description:
    'SLS computes and answers as readings assume, as far as queries of any logstore show ([assumptions](assumptions.md))',
  needs: ['index'],
  deadlineMs: 60_000,
  run: async ({ dependencies, facts }, signal) => {
    const nowSeconds = Math.floor(dependencies.clock.now() / 1000);
    const { assumptions: entries = ledger() } = dependencies;
    const asked = entries.filter((entry) => entry.asked === 'by doctor');
    const place = {
      ...facts.get('target').address,
      nowSeconds,
      linesFromSeconds: nowSeconds - (nowSeconds % 60),
      logs: retrying(facts.get('sls').gates, dependencies.random),
    };
    const { results, queries } = await askLedger(asked, place, signal);
    const others = entries.filter((entry) => !asked.includes(entry)).map(notAsked);
    return { ...judge(results, queries), entries: [...results, ...others] };
  },
};

const retrySettings = { deadlineMs: 10_000, firstPauseMs: 500, longestPauseMs: 2000 };
const maxRetries = 3;

/** Sends a query again that SLS was too busy for. */
export const retrying = (logs: LogSource, random: () => number): LogSource => ({
  query: (query, signal) =>
    withRetry(
      (either) => logs.query(query, either),
      () => maxRetries,
      signal,
      { ...retrySettings, random },
    ),
});

function judge(results: readonly EntryResult[], queries: number): Finding {
  const differing = results.filter(({ result }) => result === 'differs');
  const [unanswered] = results.filter(({ result }) => result === 'unanswered');
  const assumed = results.filter(({ result }) => result === 'as assumed');
  const summary = `SLS computes as assumed: ${assumed.length} of ${results.length}`;
  if (differing.length > 0)
    return failed(
      [`${summary}. It differs in:`, ...differenceTexts(differing)].join('\n'),
      'Do not trust readings that this touches. Report it to the maintainers of the adapter with the output of doctor -o json; docs/assumptions.md says what each assumption is for.',
    );
  if (unanswered !== undefined)
    return warn(
      `${summary}, then no answer: ${unanswered.found}`,
      'Run doctor again when SLS is less busy. The assumptions that were not checked show nothing wrong.',
    );
  return ok(`${summary}, in ${queries} queries`);
}

/** One text for each answer: entries that share a query share its refusal. */
function differenceTexts(differing: readonly EntryResult[]): string[] {
  const isRefusal = ({ found = '' }: EntryResult) => /^[A-Z]\w+: /.test(found);
  const groups = Map.groupBy(differing, (entry) => (isRefusal(entry) ? entry.found : entry.id));
  return [...groups.values()].flatMap(([entry, ...others]) => {
    if (entry === undefined) return [];
    const { id, statement, expected, found, consequence } = entry;
    const more = others.length === 0 ? '' : ` The same answer to: ${others.map((one) => one.id).join(', ')}.`;
    return [
      `${id}: ${statement} Expected: ${expected}. Found: ${found}. What it means: ${consequence}${more}`,
    ];
  });
}
