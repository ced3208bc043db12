import { describe } from 'vitest';
import { chromiumAvailable } from './chromium-process.ts';

/** Tests that need a real browser. They are skipped, with a note, if Chromium is not installed. */
export function describeWithChromium(name: string, tests: () => void): void {
  const available = chromiumAvailable();
  const note = available ? '' : ' (skipped: Chromium is not installed; on Debian: chromium)';
  describe.skipIf(!available)(name + note, tests);
}
