import { describe, expect, it } from 'vitest';
import { lineTable, meetsTarget, type Line } from '../../bench/line.ts';

const line: Line = { row: 'r', what: 'w', unit: 'ms', measured: { value: 10 } };
const baseline: Line['baseline'] = { what: 'bare', figure: { value: 8, quartiles: [7.5, 8.25] } };

describe('a line of the benchmark table', () => {
  it.each([
    ['at most', 10, true],
    ['at most', 9.99, false],
    ['at least', 10, true],
    ['at least', 10.01, false],
  ] as const)('compares 10 with the target %s %d: %s', (bound, value, expected) => {
    expect(meetsTarget({ ...line, target: { bound, value } })).toBe(expected);
  });

  it('compares the ratio or difference with the target if there is one', () => {
    const compared: Line['compared'] = { as: 'times', figure: { value: 1.25 } };
    const of = (value: number) =>
      meetsTarget({ ...line, baseline, compared, target: { bound: 'at most', value } });
    expect([of(1.25), of(1.24)]).toEqual([true, false]);
  });

  it('has no result without a target', () => {
    expect(meetsTarget(line)).toBeUndefined();
  });

  it('misses its target if the value is NaN', () => {
    const measured = { value: Number.NaN };
    expect(meetsTarget({ ...line, measured, target: { bound: 'at most', value: 1 } })).toBe(false);
    expect(meetsTarget({ ...line, measured, target: { bound: 'at least', value: 1 } })).toBe(false);
  });

  it('shows figures with unit and quartiles, and NO for a missed target', () => {
    const compared: Line['compared'] = { as: 'more', figure: { value: 2, quartiles: [-1, 2.5] } };
    const lines: Line[] = [
      { ...line, baseline, compared, target: { bound: 'at most', value: 1.5 } },
      { ...line, baseline, compared: { as: 'times', figure: { value: 1.2512 } } },
      { ...line, unit: '/min', measured: { value: 11.987 }, target: { bound: 'at most', value: 12 } },
      { ...line, unit: '', measured: { value: 5141.4, quartiles: [0, 0.01234] } },
    ];
    expect(
      lineTable(lines)
        .split('\n')
        .map((text) => text.split(/ {2,}/)),
    ).toEqual([
      ['ROW', 'WHAT', 'MEASURED', 'BASELINE', 'COMPARED', 'TARGET', 'OK'],
      ['r', 'w', '10 ms', '8 ms (7.5–8.25) bare', '+2 ms (-1–2.5)', 'at most 1.5 ms', 'NO'],
      ['r', 'w', '10 ms', '8 ms (7.5–8.25) bare', '× 1.25', '-', '-'],
      ['r', 'w', '12/min', '-', '-', 'at most 12/min', 'yes'],
      ['r', 'w', '5141 (0–0.012)', '-', '-', '-', '-'],
    ]);
  });
});
