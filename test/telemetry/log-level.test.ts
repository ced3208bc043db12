import { expect, it } from 'vitest';
import { levelToggle } from '../../src/telemetry/log-level.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

it.each([
  ['info', 'debug'],
  ['silent', 'debug'],
  ['debug', 'trace'],
])('goes from %s to %s and back', (configured, talkative) => {
  const logger = createLogger(configured, { write: () => undefined });
  const toggle = levelToggle(logger);
  toggle();
  expect(logger.level).toBe(talkative);
  toggle();
  expect(logger.level).toBe(configured);
});
