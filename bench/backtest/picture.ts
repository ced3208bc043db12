/** Makes docs/forecast.svg: a day of the World Cup 1998, and its steepest hour. `node bench/backtest/picture.ts` */

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readTrace } from './trace.ts';
import { walk } from './walk.ts';

const aheadMinutes = 3;
const dayMinutes = 1440;
/** 30 June, of the week from 25 June on. */
const firstMinute = 5 * dayMinutes;
const hourMinutes = 60;
const [width, height, margin, right, top] = [860, 230, 46, 24, 34];

interface Curve {
  readonly name: string;
  readonly style: string;
  readonly perSecond: readonly number[];
}

const checkout = resolve(import.meta.dirname, '../..');
const trace = readTrace('week', readFileSync(resolve(import.meta.dirname, 'worldcup98-week.txt'), 'utf8'));
const { forecast } = walk(trace, aheadMinutes);
const perSecond = (minute: number) => (trace.counts[minute] ?? Number.NaN) / 60;
const day = Array.from({ length: dayMinutes }, (_, index) => firstMinute + index);
const curves: readonly Curve[] = [
  { name: 'what came', style: 'came', perSecond: day.map(perSecond) },
  {
    name: 'forecast 3 minutes before',
    style: 'forecast',
    perSecond: day.map((minute) => (forecast[minute] ?? NaN) / 60),
  },
  {
    name: 'reading 3 minutes before',
    style: 'last',
    perSecond: day.map((minute) => perSecond(minute - aheadMinutes)),
  },
];

/** Draws the curves from one minute of the day to another, a point each `step` minutes. */
function panel(title: string, y: number, from: number, to: number, step: number): string {
  const shown = curves.map(({ perSecond: values }) => values.slice(from, to));
  const most = 1.05 * Math.max(...shown.flat());
  const x = (minute: number) => margin + ((width - margin - right) * minute) / (to - from);
  const up = (value: number) => y + height - ((height - top) * value) / most;
  const point = (value: number, index: number) => `${x(index * step).toFixed(1)},${up(value).toFixed(1)}`;
  const lines = shown.map((values, index) => {
    const points = values.filter((_, minute) => minute % step === 0).map(point);
    return `<polyline class="${curves[index]?.style ?? ''}" points="${points.join(' ')}"/>`;
  });
  const hours = Array.from({ length: 7 }, (_, index) => from + ((to - from) * index) / 6).map((minute) => {
    const time = `${Math.floor(minute / 60)}:${String(Math.floor(minute % 60)).padStart(2, '0')}`;
    return `<text x="${x(minute - from).toFixed(0)}" y="${y + height + 16}" text-anchor="middle">${time}</text>`;
  });
  const unit = 10 ** Math.floor(Math.log10(most));
  const grid = Array.from({ length: Math.floor(most / unit) + 1 }, (_, part) => {
    const value = part * unit;
    const at = up(value).toFixed(1);
    return `<path class="grid" d="M${margin} ${at}H${width - right}"/><text x="${margin - 6}" y="${at}" text-anchor="end">${value}</text>`;
  });
  return [`<text x="${margin}" y="${y + 14}">${title}</text>`, ...grid, ...hours, ...lines].join('\n');
}

/** The first minute of the hour in which most is added. */
function steepestHour(): number {
  const [came] = curves;
  const rise = (minute: number) =>
    (came?.perSecond[minute + hourMinutes] ?? -Infinity) - (came?.perSecond[minute] ?? Infinity);
  return day.map((_, minute) => minute).reduce((best, minute) => (rise(minute) > rise(best) ? minute : best));
}

const hour = steepestHour();
const legend = curves.map(({ name, style }, index) => {
  const x = margin + 250 * index;
  return `<path class="${style}" d="M${x} 12h26"/><text x="${x + 32}" y="16">${name}</text>`;
});
// Colours that can be read on white and on black.
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 550" font-family="sans-serif" font-size="12">
<style>
text { fill: #808080 } polyline, path { fill: none; stroke-width: 1.5 }
.came { stroke: #808080 } .forecast { stroke: #e8710a } .last { stroke: #1a8cff } .grid { stroke: #80808050; stroke-width: 1 }
</style>
${legend.join('\n')}
${panel('Requests per second of a day, UTC', 24, 0, dayMinutes, 4)}
${panel('The hour in which most is added', 292, hour, hour + hourMinutes + 1, 1)}
</svg>
`;
writeFileSync(resolve(checkout, 'docs/forecast.svg'), svg);
