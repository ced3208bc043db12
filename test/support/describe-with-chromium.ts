import { describe } from 'vitest';
import { chromiumAvailable } from './chromium-process.ts';

/** Tests that want a real browser: skipped, in words, where there is none. */
export function describeWithChromium(name: string, tests: () => void): void {
  const available = chromiumAvailable();
  const note = available ? '' : ' (skipped: no chromium here; Debian has it as chromium)';
  describe.skipIf(!available)(name + note, tests);
}
