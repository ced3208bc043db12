import { expect } from 'vitest';
import type { Reply } from './adapter.ts';

/** Expects a complete Status whose message has a remedy and ends with its code. */
export function expectStatus(reply: Reply, code: number, cause: string, message: RegExp): void {
  expect(reply.headers['content-type']).toBe('application/json');
  expect(reply.headers['retry-after']).toBeUndefined();
  expect(reply.body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: expect.stringMatching(message) as unknown,
    reason: expect.stringMatching(/^[A-Z][A-Za-z]+$/) as unknown,
    details: { causes: [{ reason: cause }] },
    code,
  });
  expect(reply.statusCode).toBe(code);
  const text = (reply.body as { message: string }).message;
  expect(text).not.toContain('\n');
  // The event of an HPA shows nothing else of the Status, and docs/errors.md goes by the code.
  expect(text.endsWith(` (${cause})`), text).toBe(true);
}
