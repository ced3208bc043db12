import { getHeapStatistics } from 'node:v8';

/**
 * Of texts and buffers that are no longer used.
 *
 * @bound - | {mostUnusedBytes} more than after the last collection | all clients together | constants
 */
const mostUnusedBytes = 48 * 1024 * 1024;

/** The memory outside of V8's heap, and its garbage collection. */
interface Heap {
  readonly externalBytes: () => number;
  readonly collect: () => void;
}

/** Node has `gc` with its flag --expose-gc. */
const nodeHeap: Heap = {
  externalBytes: () => getHeapStatistics().external_memory,
  collect: () => globalThis.gc?.(),
};

/**
 * Node keeps buffers, and the texts of HTTP/2 headers, outside of the heap. V8 frees them only when it collects the objects of the heap,
 * and their size alone makes it do so too late: requests with 60 kB of headers would take all memory of a pod in seconds. So
 * this collects them when there is too much.
 */
export class ExternalMemory {
  readonly #heap: Heap;
  #leastBytes = Infinity;

  constructor(heap: Heap = nodeHeap) {
    this.#heap = heap;
  }

  /** Collects them if there are too many. */
  check(): void {
    const bytes = this.#heap.externalBytes();
    this.#leastBytes = Math.min(this.#leastBytes, bytes);
    if (bytes - this.#leastBytes < mostUnusedBytes) return;
    this.#heap.collect();
    this.#leastBytes = this.#heap.externalBytes();
  }
}
