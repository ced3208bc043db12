/** So many readings of each series are kept: as many as a sparkline shows. */
export const historyLength = 30;

const slotsInChunk = 256;

/** The last readings of many series, four bytes each. A slot is that of one series. */
export class Histories {
  readonly #chunks: Float32Array[] = [];
  readonly #free: number[] = [];

  take(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    const first = this.#chunks.length * slotsInChunk;
    this.#chunks.push(new Float32Array(slotsInChunk * historyLength));
    for (let next = first + slotsInChunk - 1; next > first; next--) this.#free.push(next);
    return first;
  }

  release(slot: number): void {
    this.#free.push(slot);
  }

  /** @param before how many were put into the slot since it was taken */
  put(slot: number, before: number, value: number): void {
    const [chunk, start] = this.#placeOf(slot);
    chunk[start + (before % historyLength)] = value;
  }

  /**
   * @param count how many were put into the slot since it was taken
   * @returns the last of them, the oldest first, to four digits
   */
  read(slot: number, count: number): number[] {
    const [chunk, start] = this.#placeOf(slot);
    const length = Math.min(count, historyLength);
    return Array.from({ length }, (_, index) => {
      const value = chunk[start + ((count - length + index) % historyLength)] ?? 0;
      return Number(value.toPrecision(4));
    });
  }

  #placeOf(slot: number): readonly [chunk: Float32Array, start: number] {
    const chunk = this.#chunks[Math.floor(slot / slotsInChunk)];
    if (chunk === undefined) throw new RangeError(`slot ${slot} was never taken`);
    return [chunk, (slot % slotsInChunk) * historyLength];
  }
}
