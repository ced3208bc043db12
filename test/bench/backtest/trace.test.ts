import { describe, expect, it } from 'vitest';
import { readTrace } from '../../../bench/backtest/trace.ts';

describe('readTrace', () => {
  it('reads a number a line, requests per minute', () => {
    expect(readTrace('a', '# some trace\n3\n\n0\r\n2.5\n')).toEqual({
      name: 'a',
      binSeconds: 60,
      counts: [3, 0, 2.5],
      notes: [],
    });
  });

  it('adds up seconds to minutes, as the first line or the option says', () => {
    const lines = Array<number>(130).fill(1).join('\n');
    expect(readTrace('a', `# requests per second\n${lines}`).counts).toEqual([60, 60]);
    expect(readTrace('a', lines, 30).counts).toHaveLength(65);
    expect(readTrace('a', `# requests per 5 minutes\n${lines}`).binSeconds).toBe(300);
  });

  it('reads times and values, and takes a step without a row for missing', () => {
    const text =
      'timestamp,value\n2014-04-10 00:04:00,94.0\n2014-04-10 00:09:00,56.0\n2014-04-10 00:19:00,95.0\n2014-04-10 00:24:00,1';
    expect(readTrace('a', text)).toMatchObject({ binSeconds: 300, counts: [94, 56, undefined, 95, 1] });
  });

  it('takes zeros in a row for missing where they end steady traffic', () => {
    const steady = Array<number>(60).fill(50);
    const { counts, notes } = readTrace('a', [...steady, 0, 0, 0, 0, 0, 9, 0, 9].join('\n'));
    expect(counts.slice(60)).toEqual([undefined, undefined, undefined, undefined, undefined, 9, 0, 9]);
    expect(notes).toEqual(['5 bins without a request in a row, amid traffic, count as missing']);
  });

  it.each([
    ['1\nx', 'a:2: "x" is not a number of requests'],
    ['1\n-1', 'a:2: "-1" is not a number of requests'],
    ['timestamp,value\nmonday,3', 'a:2: "monday" is not a time'],
    ['', 'a: there is no number'],
  ])('names the line of %j', (text, message) => expect(() => readTrace('a', text)).toThrow(message));

  it('refuses bins that make up no minute and no day', () => {
    expect(() => readTrace('a', '1', 45)).toThrow(
      'a: bins of 45 s are neither parts of a minute nor whole minutes',
    );
    expect(() => readTrace('a', '1', 420)).toThrow('a: a day is not a whole number of bins of 420 s');
  });
});
