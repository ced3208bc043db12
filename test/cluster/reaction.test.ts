import { expect, it } from 'vitest';
import { stockReachedMs } from './reaction.ts';

const stepSecond = 1_795_442_457;

it.each([
  // 10 s of delay, and 13.5 of the 15 s must be new for more than 40 requests/s.
  [24, 24],
  [23, 38],
  [31, 31],
])(
  'the stock policy: an HPA that reads %d s after the step has enough replicas after %d s',
  (beat, reached) => {
    const beatMs = (stepSecond + beat) * 1000 + 500;
    expect(stockReachedMs(stepSecond, beatMs)).toBe((stepSecond + reached) * 1000 + 500);
  },
);
