import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatQuantity,
  maxQuantityValue,
  parseQuantity,
  parseQuantityMilli,
} from '../../src/grammar/quantity.ts';
import { findKubectl } from '../support/kubectl.ts';

const kubectl = await findKubectl();
const maxMilli = maxQuantityValue * 1000n;

/** Requests in a window and its length in seconds, which make a rate. */
const counts = fc.nat({ max: 2 ** 31 });
const intervals = fc.integer({ min: 1, max: 3600 });
const readings = fc.double({ min: 0, max: Number(maxQuantityValue), noNaN: true });

/** Returns the canonical form of a text, as defined by resource.Quantity; undefined: it has none. */
function canonicalFormOf(text: string): { readonly digits: bigint; readonly suffix: string } | undefined {
  const [, digits, suffix] = /^(0|[1-9]\d*)([mkMGTP]?)$/.exec(text) ?? [];
  return digits === undefined || suffix === undefined ? undefined : { digits: BigInt(digits), suffix };
}

describe('formatQuantity', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [7.875, '7875m'],
    [0.0625, '63m'],
    [23.8, '23800m'],
    [1.1, '1100m'],
    [0.1 + 0.2, '301m'], // the double above 0.3: finer than the scale rounds up
    [8, '8'],
    [10, '10'],
    [999, '999'],
    [1000, '1k'],
    [1500, '1500'],
    [1500.5, '1500500m'],
    [20_000, '20k'],
    [1e6, '1M'],
    [1e9, '1G'],
    [1e12, '1T'],
    [1e15, '1P'],
    [1e-4, '1m'],
    [0.001, '1m'],
    [0.0011, '2m'],
    [1e-300, '1m'],
    [Number.MIN_VALUE, '1m'],
    [9_223_372_036_854_774, '9223372036854774'],
  ])('prints %d as %s', (value, text) => {
    expect(formatQuantity(value)).toBe(text);
  });

  it.each([Number(maxQuantityValue), 9_223_372_036_854_776, 1e16, 1e18, 1e300, Number.MAX_VALUE])(
    'clamps %d to the largest value whose MilliValue is an int64',
    (value) => {
      expect(formatQuantity(value)).toBe('9223372036854775');
    },
  );

  it.each([Number.NaN, Infinity, -Infinity, -1, -0.001, -Number.MIN_VALUE])(
    'refuses %d, which cannot be a metric',
    (value) => {
      expect(() => formatQuantity(value)).toThrow(
        new RangeError(`${value} cannot be a Quantity of a metric`),
      );
    },
  );

  it('prints the rate of any count exactly, rounded up to a thousandth', () => {
    fc.assert(
      fc.property(counts, intervals, (n, seconds) => {
        const exact = (BigInt(n) * 1000n + BigInt(seconds) - 1n) / BigInt(seconds);
        expect(parseQuantityMilli(formatQuantity(n / seconds))).toBe(exact);
      }),
      { numRuns: 2000 },
    );
  });

  it('prints the canonical form: no fraction, and the largest suffix that loses nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          readings,
          fc.maxSafeNat(),
          counts.map((n) => n * 1000),
        ),
        (value) => {
          const form = canonicalFormOf(formatQuantity(value));
          expect(form).toBeDefined();
          const couldBeLarger = form !== undefined && form.digits !== 0n && form.digits % 1000n === 0n;
          expect(couldBeLarger).toBe(false);
        },
      ),
    );
  });

  it('prints a text that parses to the value, less than a thousandth greater', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (value) => {
        const difference = parseQuantity(formatQuantity(value)) - value;
        expect(difference).toBeGreaterThanOrEqual(0);
        expect(difference).toBeLessThan(0.001 + 1e-9); // the subtraction rounds
      }),
    );
  });

  it('prints the same text for the value that its text parses to', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (value) => {
        const text = formatQuantity(value);
        expect(formatQuantity(parseQuantity(text))).toBe(text);
      }),
    );
  });

  it('never prints 0 for a value that is not 0', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseQuantityMilli(formatQuantity(value))).toBeGreaterThan(0n);
      }),
    );
  });

  it('keeps the order of values', () => {
    const value = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(parseQuantityMilli(formatQuantity(low)) <= parseQuantityMilli(formatQuantity(high))).toBe(
          true,
        );
      }),
    );
  });
});

describe.skipIf(kubectl === undefined)('kubectl, which prints Quantities with the code of Kubernetes', () => {
  it('prints the same text', () => {
    const milli = fc.sample(fc.bigInt({ min: 0n, max: 10n ** 15n }), 40);
    const round = Array.from({ length: 16 }, (_, zeros) => 10n ** BigInt(zeros));
    const values = [...milli, ...round, ...round.map((value) => value * 15n)].map(
      (value) => Number(value) / 1000,
    );
    const hard = values.map((value, index) => `count/c${index}=${Math.round(value * 1000)}m`);
    const create = ['create', 'quota', 'q', `--hard=${hard.join(',')}`, '--dry-run=client', '-o', 'json'];
    const printed = JSON.parse(execFileSync(kubectl ?? '', create, { encoding: 'utf8' })) as {
      readonly spec: { readonly hard: Readonly<Record<string, string>> };
    };
    const theirs = values.map((_, index) => printed.spec.hard[`count/c${index}`]);
    expect(values.map(formatQuantity)).toEqual(theirs);
  });
});

describe('parseQuantityMilli', () => {
  it.each([
    ['0', 0n],
    ['7875m', 7875n],
    ['7.875', 7875n],
    ['1.', 1000n],
    ['.5', 500n],
    ['+3', 3000n],
    ['-3', -3000n],
    ['100n', 1n],
    ['-100n', -1n],
    ['1500u', 2n],
    ['0n', 0n],
    ['1.5k', 1_500_000n],
    ['1M', 10n ** 9n],
    ['1G', 10n ** 12n],
    ['1T', 10n ** 15n],
    ['1P', 10n ** 18n],
    ['1E', maxMilli],
    ['1Ki', 1_024_000n],
    ['0.5Ki', 512_000n],
    ['1Mi', 1_048_576_000n],
    ['1Gi', 2n ** 30n * 1000n],
    ['1Ti', 2n ** 40n * 1000n],
    ['1Pi', 2n ** 50n * 1000n],
    ['1Ei', maxMilli],
    ['12e3', 12_000_000n],
    ['12E3', 12_000_000n],
    ['12e-3', 12n],
    ['1e+2', 100_000n],
    ['0e9999', 0n],
    ['1e9999', maxMilli],
    ['-1e9999', -maxMilli],
    ['1e-9999', 1n],
  ])('parses %s', (text, milli) => {
    expect(parseQuantityMilli(text)).toBe(milli);
  });

  it.each([
    '',
    ' ',
    '1 ',
    'x',
    '1x',
    '1K',
    '1ki',
    '1mm',
    '--1',
    '1.2.3',
    '.',
    'm',
    '1e',
    '1e1.5',
    'NaN',
    'Infinity',
  ])('refuses the text %j', (text) => {
    const refusal = new SyntaxError(`${JSON.stringify(text)} is not a Quantity, such as 7875m, 10 or 1500`);
    expect(() => parseQuantityMilli(text)).toThrow(refusal);
  });

  it('parses any number of digits with any exponent', () => {
    expect(parseQuantityMilli(`1${'0'.repeat(2000)}e-2000`)).toBe(1000n);
    expect(parseQuantityMilli(`0.${'0'.repeat(2000)}1e2001`)).toBe(1000n);
  });

  it('rounds away from zero, with every suffix', () => {
    const suffixes = fc.constantFrom(
      ['n', 10n ** 9n] as const,
      ['u', 10n ** 6n] as const,
      ['m', 1000n] as const,
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), suffixes, fc.boolean(), (n, [suffix, divisor], negative) => {
        const milli = (BigInt(n) * 1000n + divisor - 1n) / divisor;
        const sign = negative ? '-' : '';
        expect(parseQuantityMilli(`${sign}${n}${suffix}`)).toBe(negative ? -milli : milli);
      }),
    );
  });
});
