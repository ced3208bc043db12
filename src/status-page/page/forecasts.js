/** Forecasts: one row each, with how good it was over the last day. */

import { at, make, makeSvg } from './dom.js';
import { valueText } from './format.js';

/** @typedef {import('../../status/status-document.ts').ForecastStatus} Forecast */

const width = 240;
const height = 36;

/** @param {readonly Forecast[]} forecasts */
export function drawForecasts(forecasts) {
  at('forecasts-panel').hidden = forecasts.length === 0;
  at('forecasts').replaceChildren(...forecasts.map(rowOf));
}

/** @param {Forecast} forecast */
function rowOf(forecast) {
  const { route, metric, logstore, aheadSeconds, quantile, perSecond, coverage, unit } = forecast;
  const { pinballLoss, lastMinutePinballLoss, mostOfEachHour } = forecast;
  const said = (/** @type {number | null | undefined} */ value) =>
    value == null ? '–' : valueText(value, unit).join(' ');
  const shares = expertTexts(forecast);
  const heaviest = cell('', shares[0] ?? '–', shares[1] ?? '');
  heaviest.title = shares.join(', ');
  const isOff = coverage != null && (coverage < 0.8 || coverage > 0.97);
  return make(
    'li',
    '',
    cell('', route ?? `all of ${logstore}`, metric),
    cell(
      '',
      perSecond == null ? 'not ready' : said(perSecond),
      `${aheadSeconds} s ahead, quantile ${quantile}`,
    ),
    cell(
      isOff ? 'saturated' : '',
      coverage == null ? '–' : `${valueText(coverage, 'ratio')[0]} % covered`,
      isOff ? 'outside 80–97 %' : 'of the last day',
    ),
    cell('', `${said(pinballLoss)} pinball loss`, `last minute: ${said(lastMinutePinballLoss)}`),
    heaviest,
    chartOf(mostOfEachHour),
  );
}

/** @type {(className: string, text: string, below: string) => HTMLElement} */
const cell = (className, text, below) =>
  make('p', className, make('b', 'number', text), make('small', className === '' ? 'quiet' : '', below));

/**
 * Returns the experts with their weights, the largest first.
 *
 * @type {(forecast: Forecast) => string[]}
 */
const expertTexts = ({ weights }) =>
  Object.entries(weights ?? {})
    .sort(([, one], [, other]) => other - one)
    .map(([name, weight]) => `${name} ${(weight * 100).toFixed(0)} %`);

/** @param {Forecast['mostOfEachHour']} hours */
function chartOf(hours) {
  const most = Math.max(
    ...hours.flatMap(({ came, forecast }) => [came ?? 0, forecast ?? 0]),
    Number.MIN_VALUE,
  );
  const place = (/** @type {number} */ value, /** @type {number} */ hour) =>
    `${((hour / (hours.length - 1)) * width).toFixed(1)} ${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`;
  // An hour without a number is a gap.
  const line = (/** @type {string} */ name, /** @type {readonly (number | null)[]} */ values) => {
    const steps = values.map((value, hour) =>
      value === null ? '' : `${values[hour - 1] == null ? 'M' : 'L'}${place(value, hour)}`,
    );
    return makeSvg('path', { class: name, d: steps.join('') });
  };
  const svg = makeSvg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' });
  svg.setAttribute('aria-label', 'What came in the last day, and what was forecast');
  const came = line(
    'came-line',
    hours.map((hour) => hour.came),
  );
  svg.append(
    came,
    line(
      'spark-line',
      hours.map((hour) => hour.forecast),
    ),
  );
  return svg;
}
