import { alignedTable } from '../src/cli/table.ts';
import type { Figure } from './statistics.ts';

type Unit = '' | '%' | 'ms' | 's' | 'MB' | '/s' | '/min';

/** The worst value that is still good. */
export interface Target {
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

/** One line of the table. */
export interface Line {
  /** Name of the row. */
  readonly row: string;
  readonly what: string;
  readonly unit: Unit;
  readonly measured: Figure;
  /** What the value is compared with, in the same unit. */
  readonly baseline?: { readonly what: string; readonly figure: Figure };
  /** Measured value against baseline, run by run: their ratio or their difference. The target then applies to this. */
  readonly compared?: { readonly as: 'times' | 'more'; readonly figure: Figure };
  /** Undefined: the line is for information only. */
  readonly target?: Target;
}

/** Returns whether the target is met, or undefined without a target. */
export function meetsTarget({ measured, compared, target }: Line): boolean | undefined {
  if (target === undefined) return undefined;
  const { value } = (compared ?? { figure: measured }).figure;
  return target.bound === 'at least' ? value >= target.value : value <= target.value;
}

export function lineTable(lines: readonly Line[]): string {
  return alignedTable(
    ['ROW', 'WHAT', 'MEASURED', 'BASELINE', 'COMPARED', 'TARGET', 'OK'],
    lines.map((line) => {
      const { row, what, unit, measured, baseline, compared, target } = line;
      const comparedUnit = compared?.as === 'times' ? '' : unit;
      return [
        row,
        what,
        figureText(measured, unit),
        baseline === undefined ? '-' : `${figureText(baseline.figure, unit)} ${baseline.what}`,
        compared === undefined ? '-' : comparedText(compared, unit),
        target === undefined ? '-' : `${target.bound} ${numberText(target.value)}${unitText(comparedUnit)}`,
        { true: 'yes', false: 'NO', undefined: '-' }[`${meetsTarget(line)}`],
      ];
    }),
  );
}

function comparedText({ as, figure }: NonNullable<Line['compared']>, unit: Unit): string {
  if (as === 'times') return `× ${figureText(figure, '')}`;
  return `${figure.value < 0 ? '' : '+'}${figureText(figure, unit)}`;
}

/** Returns the median and the quartiles, such as `0.87 (0.85–0.90)`. */
function figureText({ value, quartiles }: Figure, unit: Unit): string {
  const spread = quartiles === undefined ? '' : ` (${quartiles.map(numberText).join('–')})`;
  return `${numberText(value)}${unitText(unit)}${spread}`;
}

const unitText = (unit: Unit) => (/^\w/.test(unit) ? ` ${unit}` : unit);

/** Returns three significant digits, and always all digits before the decimal point. */
function numberText(value: number): string {
  if (value === 0) return '0';
  const digitsBefore = Math.max(0, Math.floor(Math.log10(Math.abs(value))) + 1);
  const text = value.toFixed(Math.min(3, Math.max(0, 3 - digitsBefore)));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
