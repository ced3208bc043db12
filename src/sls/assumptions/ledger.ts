import { aggregateAssumptions } from './aggregate-assumptions.ts';
import type { Assumption } from './assumption.ts';
import { lineAssumptions } from './line-assumptions.ts';
import { metricAssumptions } from './metric-assumptions.ts';
import { numberAssumptions } from './number-assumptions.ts';
import { refusalAssumptions, troubleAssumptions } from './refusal-assumptions.ts';
import { resultAssumptions } from './result-assumptions.ts';
import { searchAssumptions } from './search-assumptions.ts';
import { textAssumptions } from './text-assumptions.ts';

const order: readonly Assumption['asked'][] = ['by doctor', 'by test:sls', 'never'];

/** Returns every fact about SLS that the truth of a reading rests on, by topic. */
export const ledgerByTopic = () =>
  ({
    numbers: numberAssumptions,
    texts: textAssumptions,
    aggregates: aggregateAssumptions,
    metrics: metricAssumptions(),
    results: resultAssumptions,
    searches: searchAssumptions,
    lines: lineAssumptions,
    refusals: [...refusalAssumptions, ...troubleAssumptions],
  }) satisfies Record<string, readonly Assumption[]>;

/** Returns all of them, those that any logstore shows first. */
export const ledger = (): readonly Assumption[] =>
  Object.values(ledgerByTopic())
    .flat()
    .toSorted((one, other) => order.indexOf(one.asked) - order.indexOf(other.asked));

/** Returns the lines that entries need: fields, and the second that each is stamped with. */
export const linesOf = (entries: readonly Assumption[], fromSeconds: number) =>
  entries.flatMap(({ id, lines = [] }) =>
    lines.map(({ second = 0, fields }) => ({
      timeSeconds: fromSeconds + second,
      fields: { req_id: id, ...fields },
    })),
  );
