import { executionAsyncResource } from 'node:async_hooks';
import process from 'node:process';

let kept: object | undefined;

/**
 * Keeps one of the objects that `process.nextTick` queues, and with it their shape. Else a garbage collection that
 * comes where none of them lives takes the shape away, and V8 then makes each later one property by property, for as
 * long as the process runs: 0.5 µs instead of 0.1, six times for a read over HTTP/1.1. So it must come before whatever
 * makes garbage. docs/decisions/v8-memory.md
 */
export function keepTickShape(): void {
  process.nextTick(() => (kept ??= executionAsyncResource()));
}
