import { expect, it } from 'vitest';
import { ProgressBar } from '../../src/cli/progress.ts';
import { fakeIo } from '../support/fake-io.ts';

/** Returns what is shown on a terminal with so many columns. */
function shown(columns: number, isTTY: boolean): string {
  const { io, stderr } = fakeIo();
  {
    using bar = new ProgressBar(Object.assign(io.stderr, { columns, isTTY }), 'Sending');
    bar.show(0.5, '25500 of 51000 sent, p95 3150ms, 500 failed');
  }
  return stderr();
}

it('a progress bar leaves the figures their place on a terminal of 80 columns, and is removed', () => {
  const line = `Sending [${'#'.repeat(10)}${' '.repeat(9)}] 50 %  25500 of 51000 sent, p95 3150ms, 500 failed`;
  expect(line).toHaveLength(79);
  expect(shown(80, true)).toBe(`\r${line}\r${' '.repeat(79)}\r`);
  expect(shown(200, true)).toContain(`[${'#'.repeat(15)}${' '.repeat(15)}] 50 %  25500`);
  expect(shown(40, true)).toContain('Sending [###  ] 50 %  25500 of 51000 se\r');
});

it('a progress bar is not shown if the stream is no terminal', () => {
  expect(shown(80, false)).toBe('');
});
