import { labelDefinitions } from '../../metric/labels.ts';
import { windowSeconds } from '../../metric/sample.ts';
import { enoughEvidence } from '../../reading/adaptive/rise-test.ts';
import { alignedTable } from '../table.ts';
import type { ExplainedItem } from './explanation.ts';

/** Returns the figures of the test that chooses an adaptive window. */
export function riseLines(items: readonly ExplainedItem[]): string[] {
  const rows = items.flatMap(({ labels, sample, riseTests = [] }) =>
    riseTests.map(({ seconds, lines: count, logLikelihoodRatio, dispersion, evidence }) => [
      labels[labelDefinitions.route.name] ?? 'all',
      `${seconds}s`,
      String(count),
      logLikelihoodRatio.toFixed(1),
      dispersion.toFixed(1),
      evidence.toFixed(1),
      seconds === windowSeconds(sample.window) ? 'the window' : '',
    ]),
  );
  if (rows.length === 0) return [];
  const head = ['ROUTE', 'LAST', 'LINES', 'LLR', 'DISPERSION', 'EVIDENCE', ''];
  return [
    '',
    `requests rise where the evidence is above ${enoughEvidence}; a running adapter knows the dispersion of up to 300 s, this one of 60 s:`,
    '',
    ...alignedTable(head, rows)
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}
