import { pinball } from '../../src/forecast/pinball-loss.ts';
import type { Trace } from './trace.ts';
import { rivalNames, type RivalName, type Walk } from './walk.ts';

/** How well a method forecasts the quantile. */
export interface Score {
  /** Mean pinball loss, in per cent of the mean count. Null: it forecasts nothing. */
  readonly pinballPercent: number | null;
  /** The share of bins that were at most what was forecast. */
  readonly coverage: number | null;
}

export interface ScoreRow extends Score {
  readonly trace: string;
  readonly aheadSeconds: number;
  readonly quantile: number;
  readonly scoredBins: number;
  readonly rivals: Readonly<Record<RivalName, Score>>;
  readonly bestRival: RivalName;
  /** The loss over that of the best rival: below 1 the forecast is the best. Null: one of them forecasts nothing. */
  readonly ofBestRival: number | null;
}

/** Scores all methods on the bins from one on for which all of them have a forecast, as far as they have any. */
export function score({ name, counts, binSeconds }: Trace, walked: Walk, firstBin: number): ScoreRow {
  const all = [walked.forecast, ...rivalNames.map((rival) => walked.rivals[rival])];
  const able = all.filter((forecast) =>
    forecast.some((value, bin) => bin >= firstBin && !Number.isNaN(value)),
  );
  const bins = [...counts.keys()].filter(
    (bin) =>
      able.length > 0 &&
      bin >= firstBin &&
      counts[bin] !== undefined &&
      able.every((forecast) => !Number.isNaN(forecast[bin] ?? Number.NaN)),
  );
  const scoreOf = (forecast: Float64Array): Score => {
    if (!able.includes(forecast)) return { pinballPercent: null, coverage: null };
    let [loss, sum, covered] = [0, 0, 0];
    for (const bin of bins) {
      const [came, said] = [counts[bin] ?? Number.NaN, forecast[bin] ?? Number.NaN];
      loss += pinball(came, said, walked.quantile);
      sum += came;
      if (came <= said) covered += 1;
    }
    return { pinballPercent: (100 * loss) / sum, coverage: covered / bins.length };
  };
  const own = scoreOf(walked.forecast);
  const scores = rivalNames.map((rival) => [rival, scoreOf(walked.rivals[rival])] as const);
  const lossOf = ([, { pinballPercent }]: readonly [RivalName, Score]) => pinballPercent ?? Infinity;
  const best = scores.reduce((one, other) => (lossOf(other) < lossOf(one) ? other : one));
  return {
    trace: name,
    aheadSeconds: Math.max(binSeconds, walked.aheadMinutes * 60),
    quantile: walked.quantile,
    scoredBins: bins.length,
    ...own,
    rivals: Object.fromEntries(scores) as ScoreRow['rivals'],
    bestRival: best[0],
    ofBestRival:
      best[1].pinballPercent === null || own.pinballPercent === null
        ? null
        : own.pinballPercent / best[1].pinballPercent,
  };
}
