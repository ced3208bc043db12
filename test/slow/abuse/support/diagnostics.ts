import process from 'node:process';
import { memoryUsage } from 'node:process';

// Preloaded into the adapter's process with --import and --expose-gc. A message sets the clock, or is answered with what is in
// memory after a garbage collection. The channel does not keep the process alive.

/** What the adapter's process holds, after a garbage collection. */
export interface HeldMemory {
  /** JavaScript objects, and buffers outside the heap. */
  readonly heldBytes: number;
  readonly sockets: number;
}

/** Unix time as JavaScript reads it. The monotonic clock, and OpenSSL's, stay as they are. */
let clockAheadMs = 0;
const SystemDate = Date;
class SetDate extends SystemDate {
  constructor(...parts: unknown[]) {
    super(...((parts.length === 0 ? [SetDate.now()] : parts) as [number]));
  }

  static override now(): number {
    return SystemDate.now() + clockAheadMs;
  }
}
globalThis.Date = SetDate as DateConstructor;

process.on('message', (message: { readonly clockAheadMs?: number }) => {
  if (message.clockAheadMs !== undefined) {
    clockAheadMs = message.clockAheadMs;
    return;
  }
  void (async () => {
    // Objects released by finalizers are collected in the second run.
    for (let runs = 0; runs < 2; runs += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { heapUsed, external } = memoryUsage();
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    process.send?.({ heldBytes: heapUsed + external, sockets } satisfies HeldMemory);
  })();
});
process.channel?.unref();
