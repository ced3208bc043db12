import { getHeapStatistics } from 'node:v8';

/**
 * Of headers that are no longer used.
 *
 * @bound - | {mostUnusedBytes} more than after the last collection | all clients together | constants
 */
const mostUnusedBytes = 48 * 1024 * 1024;

/** After so many bytes of headers it is checked. Trailers are not counted, so it is checked once a second as well. */
export const checkedBytes = 8 * 1024 * 1024;

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
 * Node keeps the texts of HTTP/2 headers outside of the heap. V8 frees them only when it collects the old objects of the heap, and
 * their size does not make it do so: requests with 60 kB of headers would take all memory of a pod in seconds. So this
 * collects them when there is too much.
 */
export class HeaderMemory {
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
