import process from 'node:process';
import { memoryUsage } from 'node:process';

// Preloaded into the adapter's process with --import and --expose-gc. Answers each message with what is in memory after a
// garbage collection. The channel does not keep the process alive.

/** What the adapter's process holds, after a garbage collection. */
export interface HeldMemory {
  /** JavaScript objects, and buffers outside the heap. */
  readonly heldBytes: number;
  readonly sockets: number;
}

process.on('message', () => {
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
