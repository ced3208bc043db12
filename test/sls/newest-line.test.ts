import { describe, expect, it } from 'vitest';
import { newestIn } from '../../src/sls/decode.ts';

const invalid = expect.objectContaining({ code: 'SlsReplyInvalid' }) as Error;

describe('the newest line of a result', () => {
  const window = { startSeconds: 100, endSeconds: 115 };
  const rows = (...seconds: readonly string[]) => seconds.map((newest_second) => ({ newest_second }));

  it('is the newest of all rows, also of routes that were not asked for', () => {
    expect(newestIn(rows('103', '1.11E2', '104'), window)).toBe(111);
  });

  it('is unknown if no line was counted', () => {
    expect(newestIn([], window)).toBeUndefined();
    expect(newestIn(rows('null'), window)).toBeUndefined();
  });

  it('is refused if a row does not tell it', () => {
    expect(() => newestIn([...rows('103'), { value: '3' }], window)).toThrow(invalid);
  });

  it.each(['99', '115', 'NaN', 'x', '103.5', '1.035E2', '-0'])('is refused if it is %s', (second) => {
    expect(() => newestIn(rows('103', second), window)).toThrow(invalid);
  });
});
