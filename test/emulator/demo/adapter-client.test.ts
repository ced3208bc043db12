import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestsIn } from '../../../emulator/demo/adapter-client.ts';
import { formatQuantity, parseQuantity } from '../../../src/grammar/quantity.ts';

describe('requestsIn', () => {
  it('returns the number of requests that a rounded rate was computed from', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), fc.integer({ min: 1, max: 300 }), (requests, windowSeconds) => {
        const value = parseQuantity(formatQuantity(requests / windowSeconds));
        expect(requestsIn({ value, windowSeconds, windowEndSeconds: 0 })).toBe(requests);
      }),
      { examples: [[123, 15]] },
    );
  });
});
