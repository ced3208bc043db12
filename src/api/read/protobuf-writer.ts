/**
 * Writes protobuf from the last byte to the first, so that the length of a nested message is known when it is due,
 * and nothing is copied. What is to stand first in the bytes is written last.
 *
 * Source: Protocol Buffers, "Encoding". Hand-written, since every read of the horizontal pod autoscaler asks for
 * protobuf and a library's writer costs each start 13 ms and 5 MB.
 */
export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(512);
  /** Where the bytes written so far begin. */
  #start = this.#buffer.length;

  /** Bytes written so far: a mark for `delimit`. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** A copy that takes no more memory than its bytes: bodies are kept. */
  finish(): Buffer {
    return Buffer.from(this.#written);
  }

  get #written(): Buffer {
    return this.#buffer.subarray(this.#start);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#start);
  }

  string(field: number, text: string): void {
    const mark = this.length;
    this.#reserve(Buffer.byteLength(text));
    this.#buffer.write(text, this.#start);
    this.delimit(field, mark);
  }

  /** @param value an int32, int64 or bool, not negative */
  integer(field: number, value: number): void {
    this.#varint(value);
    this.#varint(field * 8);
  }

  /** Makes what was written since the mark a nested message. */
  delimit(field: number, mark: number): void {
    this.#varint(this.length - mark);
    this.#varint(field * 8 + 2);
  }

  /** @throws RangeError for what is no whole number from 0 to 2^53 − 1 */
  #varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} cannot be a varint`);
    let groups = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) groups += 1;
    this.#reserve(groups);
    let rest = value;
    for (let index = 0; index < groups; index += 1) {
      this.#buffer[this.#start + index] = (rest % 128) + (index < groups - 1 ? 128 : 0);
      rest = Math.floor(rest / 128);
    }
  }

  #reserve(count: number): void {
    if (count > this.#start) {
      const written = this.#written;
      this.#buffer = Buffer.allocUnsafe(2 * (this.#buffer.length + count));
      this.#start = this.#buffer.length - written.length;
      this.#buffer.set(written, this.#start);
    }
    this.#start -= count;
  }
}
