import { alignedTable } from '../../src/cli/table.ts';
import type { Backtest } from './backtest.ts';
import type { OverloadRow } from './equal-pods.ts';
import type { Outcome } from './overload.ts';
import { rivalNames } from './walk.ts';

const percent = (value: number | null, digits = 2): string => (value === null ? '-' : value.toFixed(digits));

export function scoreTable(rows: Backtest['rows']): string {
  const table = alignedTable(
    ['TRACE', 'AHEAD', 'FORECAST', 'COVERAGE', 'LAST MIN', 'MEAN OF 3', 'MAX OF 10', 'YESTERDAY', 'OF BEST'],
    rows.map(({ trace, aheadSeconds, pinballPercent, coverage, rivals, ofBestRival }) => [
      trace,
      `${aheadSeconds / 60}m`,
      percent(pinballPercent),
      coverage === null ? '-' : `${percent(100 * coverage, 1)}%`,
      ...rivalNames.map((name) => percent(rivals[name].pinballPercent)),
      percent(ofBestRival),
    ]),
  );
  const notes = new Map(rows.map(({ trace, note }) => [trace, `${trace}: ${note}`]));
  return [
    `Pinball loss at the ${rows[0]?.quantile ?? ''} quantile in % of the mean rate, each method calibrated by its errors of the last day`,
    table,
    ...notes.values(),
  ].join('\n');
}

export function overloadTable(rows: readonly OverloadRow[]): string {
  const cell = (outcome: Outcome | null) =>
    outcome === null
      ? ['-', '-']
      : [outcome.overloadedMinutesPerDay.toFixed(1), percent(outcome.unservedPercent)];
  const table = alignedTable(
    [
      'TRACE',
      'STARTUP',
      'READING',
      'LOST%',
      'PODS',
      'FORECAST',
      'LOST%',
      'PODS',
      'HEADROOM',
      'LOST%',
      'TARGET',
      'OF HEADROOM',
    ],
    rows.map(({ trace, startupSeconds, reactive, forecast, fixedHeadroom, ofFixedHeadroom }) => [
      trace,
      `${startupSeconds / 60}m`,
      ...[...cell(reactive), reactive.podsOfIdeal.toFixed(2)],
      ...[...cell(forecast), forecast.podsOfIdeal.toFixed(2)],
      ...[
        ...cell(fixedHeadroom),
        fixedHeadroom === null ? '-' : `${percent(fixedHeadroom.targetPercent, 0)}%`,
        percent(ofFixedHeadroom),
      ],
    ]),
  );
  return [
    'Overloaded minutes a day, requests that no ready pod took, and pods over those needed, of an HPA with 8 pods at the mean rate:',
    'by the reading alone; with the forecast beside it; and by the reading alone with as many pods, by a lower target (HEADROOM)',
    table,
  ].join('\n');
}
