import type { LabelChoice } from '../../src/metric/labels.ts';

export const anyOf = (...values: readonly string[]): LabelChoice => ({ operator: 'in', values });
export const noneOf = (...values: readonly string[]): LabelChoice => ({ operator: 'notin', values });
