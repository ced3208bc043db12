import { describe } from 'vitest';
import { nginxAvailable } from './nginx.ts';

/** Tests that want a real nginx: skipped, in words, where there is none. */
export function describeWithNginx(name: string, tests: () => void): void {
  const available = nginxAvailable();
  const note = available ? '' : ' (skipped: no nginx here; Debian has it as nginx-light)';
  describe.skipIf(!available)(name + note, tests);
}
