import { expect, it } from 'vitest';
import { ExpositionText } from '../../../src/telemetry/metrics/exposition-text.ts';

it('is all that was added, in UTF-8, however long', () => {
  for (const lastBytes of [0, 1_000_000]) {
    const text = new ExpositionText(lastBytes);
    const pieces = Array.from({ length: 30_000 }, (_, index) => ['a', 'ä', '路', '🚦', ''][index % 5] ?? '');
    for (const piece of [...pieces, 'long'.repeat(100_000), '\n']) text.add(piece);
    expect(text.bytes.toString()).toBe(`${pieces.join('')}${'long'.repeat(100_000)}\n`);
  }
  expect(new ExpositionText().bytes).toHaveLength(0);
});
