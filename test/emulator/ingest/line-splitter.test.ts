import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineSplitter } from '../../../emulator/ingest/line-splitter.ts';

function split(chunks: readonly (string | Buffer)[], maxLineBytes = 100): Line[] {
  const splitter = new LineSplitter(maxLineBytes);
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}

const line = (text: string): Line => ({ kind: 'line', text });

describe('LineSplitter', () => {
  it('buffers an unfinished line until its newline', () => {
    const splitter = new LineSplitter(100);
    expect(splitter.push(Buffer.from('one\ntw'))).toEqual([line('one')]);
    expect(splitter.push(Buffer.from('o'))).toEqual([]);
    expect(splitter.push(Buffer.from('\n'))).toEqual([line('two')]);
    expect(splitter.end()).toEqual([]);
  });

  it('copies what it buffers, so the chunk can be reused', () => {
    const splitter = new LineSplitter(100);
    const chunk = Buffer.from('abc');
    splitter.push(chunk);
    chunk.fill('x');
    expect(splitter.end()).toEqual([line('abc')]);
  });

  it('keeps empty lines, and removes a carriage return before the newline', () => {
    expect(split(['\n\r\na\rb\r\n'])).toEqual([line(''), line(''), line('a\rb')]);
  });

  it('returns the same lines for any split into chunks', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text)));
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200)), (given, cuts) => {
        const bytes = Buffer.from(given.map((text) => `${text}\n`).join(''));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(split(chunks, 10_000)).toEqual(given.map(line));
      }),
    );
  });

  it('truncates a line that is too long, and continues with the next', () => {
    const long = 'x'.repeat(60);
    expect(split(['a\n', long, long, long, '\nb\n', 'y'.repeat(100), '\n'])).toEqual([
      line('a'),
      { kind: 'overlong', start: 'x'.repeat(100), bytes: 180 },
      line('b'),
      line('y'.repeat(100)),
    ]);
  });
});
