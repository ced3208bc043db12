import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import { AdapterError } from '../errors.ts';
import { ExternalMemory } from '../runtime/external-memory.ts';
import type { TransportReply } from './transport.ts';

/** A smaller reply needs no room. Most replies have a few hundred bytes. */
const smallReplyBytes = 64 * 1024;

/** Large replies that are received at a time, so at most 64 MiB of them (`mostReplyBytes`). */
const mostAtOnce = 8;

/** The room of one reply. Disposing it makes room for others. */
interface ReplyRoom extends Disposable {
  /** Waits for room if the reply has more bytes than a small one, packed or not. The sender waits meanwhile. */
  grow(bytes: number): Promise<void>;
  /** Does the work that unpacks and reads the reply: that of large ones one after another. */
  read<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface LargeReply {
  readonly project: string;
  readonly admit: () => void;
}

/**
 * Bounds the memory that large replies take, over all projects. A few are received at a time, one of each project, so that
 * no project takes all places. They are unpacked and read one after another.
 */
export class ReplyRooms {
  /** @bound {mostAtOnce} large replies | 8 MiB each | one of each project | a constant */
  readonly #holders = new Set<LargeReply>();
  /** @bound one for each query in flight | 64 KiB each | as the queries | `sls.maxConcurrentQueries` */
  readonly #waiting = new Set<LargeReply>();
  readonly #memory = new ExternalMemory();
  #reading: Promise<unknown> = Promise.resolve();

  /** Returns the room of one reply, which it takes when it grows large. */
  of(project: string): ReplyRoom {
    const { promise: admitted, resolve } = Promise.withResolvers<undefined>();
    const reply = { project, admit: () => resolve(undefined) };
    let isLarge = false;
    return {
      grow: async (bytes) => {
        if (bytes <= smallReplyBytes) return;
        if (!isLarge) this.#waiting.add(reply);
        isLarge = true;
        this.#admit();
        await admitted;
      },
      read: (work, signal) => (isLarge ? this.#readInTurn(work, signal) : work()),
      [Symbol.dispose]: () => {
        this.#waiting.delete(reply);
        this.#holders.delete(reply);
        this.#admit();
      },
    };
  }

  #readInTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const reading = this.#reading.then(async () => {
      // Reads are answered between two replies, and what the last one took is given back.
      await nextTurn();
      this.#memory.check();
      signal.throwIfAborted();
      return work();
    });
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  #admit(): void {
    for (const reply of this.#waiting) {
      if (this.#holders.size >= mostAtOnce) return;
      if ([...this.#holders].some(({ project }) => project === reply.project)) continue;
      this.#waiting.delete(reply);
      this.#holders.add(reply);
      reply.admit();
    }
  }
}

/**
 * Reading 100,000 rows takes up to three times as much.
 *
 * @bound - | {mostUnpackedBytes} after unpacking | one large reply at a time | a constant
 */
const mostUnpackedBytes = 32 * 1024 * 1024;

const inflated = promisify(inflate);

/**
 * Returns the size that the reply says to have when it is unpacked; undefined: it is not packed.
 *
 * @throws AdapterError `SlsResultTooLarge`; `SlsReplyInvalid` if it is packed in a way that was not asked for
 */
export function unpackedBytesOf({ headers, body }: TransportReply, where: string): number | undefined {
  const { 'content-encoding': encoding, 'x-log-compresstype': type, 'x-log-bodyrawsize': size } = headers;
  const notAsked = (how: string) => unreadable(where, `it is packed as ${how}, which was not asked for`);
  const shown = (name: string | string[]) => JSON.stringify(String(name).slice(0, 40));
  if (encoding !== undefined && encoding !== 'identity')
    throw notAsked(`Content-Encoding ${shown(encoding)}`);
  if (type === undefined) return undefined;
  if (type !== 'lz4' && type !== 'gzip' && type !== 'deflate') throw notAsked(shown(type));
  const bytes = typeof size === 'string' && /^\d{1,15}$/.test(size) ? Number(size) : Number.NaN;
  if (Number.isNaN(bytes)) throw unreadable(where, 'it is packed, and its x-log-bodyrawsize is not a size');
  if (bytes > mostUnpackedBytes)
    throw new AdapterError(
      'SlsResultTooLarge',
      `SLS, ${where}: the result has more than ${mostUnpackedBytes} bytes`,
    );
  if (bytes > 0 && body.length === 0) throw unreadable(where, 'it is empty');
  return bytes;
}

/**
 * Unpacks a reply. It never takes more memory than the size that the reply gives, whatever it unpacks to.
 *
 * @throws AdapterError as `unpackedBytesOf`; `SlsReplyInvalid` if the reply has another size than it says
 */
export async function unpacked(reply: TransportReply, where: string): Promise<Buffer> {
  const bytes = unpackedBytesOf(reply, where);
  if (bytes === undefined) return reply.body;
  const type = String(reply.headers['x-log-compresstype']);
  try {
    // What SLS calls gzip is a zlib stream.
    const maxOutputLength = Math.max(1, bytes);
    const result = type === 'lz4' ? lz4(reply.body, bytes) : await inflated(reply.body, { maxOutputLength });
    if (result.length === bytes) return result;
  } catch {
    // The library's message tells no more than ours.
  }
  throw unreadable(where, `it does not unpack (${type}) to the size that it says`);
}

/**
 * SLS sends a raw block; the library wants its unpacked size in four bytes before it, and writes no more than that. Its
 * asynchronous function (2.10.0) never frees what it returns. This one takes about 1 ms for each MB.
 */
function lz4(block: Buffer, bytes: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes);
  return uncompressSync(Buffer.concat([size, block]));
}

export const unreadable = (where: string, why: string): AdapterError =>
  new AdapterError('SlsReplyInvalid', `SLS, ${where}: the reply cannot be read: ${why}`);
