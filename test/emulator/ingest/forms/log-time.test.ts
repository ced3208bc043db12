import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLogTime, parseLogTime } from '../../../../emulator/ingest/forms/log-time.ts';

describe('parseLogTime', () => {
  it.each([
    ['23/Nov/2026:14:40:41 +0000', 1_795_444_841],
    ['23/Nov/2026:22:40:41 +0800', 1_795_444_841],
    ['23/Nov/2026:09:10:41 -0530', 1_795_444_841],
    ['29/Feb/2028:23:59:59 +0000', 1_835_481_599],
    ['01/Jan/1970:00:00:00 +0000', 0],
  ])('reads %s', (text, seconds) => {
    expect(parseLogTime(text)).toBe(seconds);
  });

  it.each([
    '31/Nov/2026:14:40:41 +0000',
    '29/Feb/2027:14:40:41 +0000',
    '23/Foo/2026:14:40:41 +0000',
    '23/Nov/2026:24:00:00 +0000',
    '23/Nov/2026:14:60:41 +0000',
    '23/Nov/2026:14:40:41',
    '23/Nov/0026:14:40:41 +0000',
    '01/Jan/1970:00:00:00 +0800',
    '2026-11-23T14:40:41Z',
    '',
  ])('refuses %s', (text) => {
    expect(parseLogTime(text)).toBeUndefined();
  });

  it('parses every formatted second, in any zone', () => {
    const zones = fc.constantFrom(['+0000', 0], ['+0800', 28_800], ['-0330', -12_600]);
    fc.assert(
      fc.property(fc.integer({ min: 86_400, max: 0xffff_ffff }), zones, (seconds, [zone, offset]) => {
        expect(parseLogTime(`${formatLogTime(seconds + offset)} ${zone}`)).toBe(seconds);
      }),
    );
  });
});
