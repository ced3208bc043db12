import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestsIn } from '../../../emulator/demo/adapter-client.ts';
import { formatQuantity, parseQuantity } from '../../../src/grammar/quantity.ts';

describe('requestsIn', () => {
  it('is the count that a rate was made of, however it was rounded on the way', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), fc.integer({ min: 1, max: 300 }), (requests, windowSeconds) => {
        const value = parseQuantity(formatQuantity(requests / windowSeconds));
        expect(requestsIn({ value, windowSeconds, windowEndSeconds: 0 })).toBe(requests);
      }),
      { examples: [[123, 15]] },
    );
  });
});
