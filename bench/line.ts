import { alignedTable } from '../src/cli/table.ts';
import type { Figure } from './statistics.ts';

export type Unit = '' | '%' | 'ms' | 's' | 'MB' | '/s' | '/min';

/** The bound is the worst value that is still good. */
export interface Target {
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

/** One line of the table. */
export interface Line {
  /** Name of the row that measured it. */
  readonly row: string;
  readonly what: string;
  readonly unit: Unit;
  readonly measured: Figure;
  /** What it is measured against, in the same unit. */
  readonly beside?: { readonly what: string; readonly figure: Figure };
  /** Both taken together, run by run; then the target is for this. */
  readonly compared?: { readonly as: 'times' | 'more'; readonly figure: Figure };
  /** Without one, the line is told and not judged. */
  readonly target?: Target;
}

/** @returns undefined where nothing is demanded */
export function holds({ measured, compared, target }: Line): boolean | undefined {
  if (target === undefined) return undefined;
  const { value } = (compared ?? { figure: measured }).figure;
  return target.bound === 'at least' ? value >= target.value : value <= target.value;
}

export function lineTable(lines: readonly Line[]): string {
  return alignedTable(
    ['ROW', 'WHAT', 'MEASURED', 'BESIDE', 'COMPARED', 'TARGET', 'OK'],
    lines.map((line) => {
      const { row, what, unit, measured, beside, compared, target } = line;
      const comparedUnit = compared?.as === 'times' ? '' : unit;
      return [
        row,
        what,
        figureText(measured, unit),
        beside === undefined ? '-' : `${figureText(beside.figure, unit)} ${beside.what}`,
        compared === undefined ? '-' : comparedText(compared, unit),
        target === undefined ? '-' : `${target.bound} ${numberText(target.value)}${unitText(comparedUnit)}`,
        { true: 'yes', false: 'NO', undefined: '-' }[`${holds(line)}`],
      ];
    }),
  );
}

function comparedText({ as, figure }: NonNullable<Line['compared']>, unit: Unit): string {
  if (as === 'times') return `× ${figureText(figure, '')}`;
  return `${figure.value < 0 ? '' : '+'}${figureText(figure, unit)}`;
}

/** `0.87 (0.85–0.90)`: the median and the quartiles. */
function figureText({ value, quartiles }: Figure, unit: Unit): string {
  const spread = quartiles === undefined ? '' : ` (${quartiles.map(numberText).join('–')})`;
  return `${numberText(value)}${unitText(unit)}${spread}`;
}

const unitText = (unit: Unit) => (/^\w/.test(unit) ? ` ${unit}` : unit);

/** Three digits, and all of what stands before the point. */
function numberText(value: number): string {
  if (value === 0) return '0';
  const digitsBefore = Math.max(0, Math.floor(Math.log10(Math.abs(value))) + 1);
  const text = value.toFixed(Math.min(3, Math.max(0, 3 - digitsBefore)));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
