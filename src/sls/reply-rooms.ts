/** A smaller reply needs no room. Most replies have a few hundred bytes. */
const smallReplyBytes = 64 * 1024;

/** Large replies that are received at a time, so at most 64 MiB of them (`mostReplyBytes`). */
const mostAtOnce = 8;

/**
 * Bounds the memory that large replies take, over all projects. A few are received at a time, one of each project, so that
 * no project takes all places. They are unpacked and read one after another.
 */
export class ReplyRooms {
  /** @bound {mostAtOnce} large replies | 8 MiB each | one of each project | a constant */
  readonly #holders = new Set<ReplyRoom>();
  /** @bound one for each query in flight | 64 KiB each | as the queries | `sls.maxConcurrentQueries` */
  readonly #waiting = new Set<ReplyRoom>();
  #reading: Promise<unknown> = Promise.resolve();

  /** Returns the room of one reply, which it takes when it grows large. */
  of(project: string): ReplyRoom {
    return new ReplyRoom(project, this);
  }

  /** Called by rooms, as are `leave` and `read`. */
  enter(room: ReplyRoom): void {
    this.#waiting.add(room);
    this.#admit();
  }

  leave(room: ReplyRoom): void {
    this.#waiting.delete(room);
    this.#holders.delete(room);
    this.#admit();
  }

  read<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const reading = this.#reading.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  #admit(): void {
    for (const room of this.#waiting) {
      if (this.#holders.size >= mostAtOnce) return;
      if ([...this.#holders].some(({ project }) => project === room.project)) continue;
      this.#waiting.delete(room);
      this.#holders.add(room);
      room.entered.resolve(undefined);
    }
  }
}

/** The room of one reply. Disposing it makes room for others. */
export class ReplyRoom implements Disposable {
  readonly project: string;
  readonly entered = Promise.withResolvers<unknown>();
  readonly #rooms: ReplyRooms;
  #isLarge = false;

  constructor(project: string, rooms: ReplyRooms) {
    this.project = project;
    this.#rooms = rooms;
  }

  /** Waits for room if the reply has more bytes than a small one, packed or not. The sender waits meanwhile. */
  async grow(bytes: number): Promise<void> {
    if (bytes <= smallReplyBytes) return;
    if (!this.#isLarge) {
      this.#isLarge = true;
      this.#rooms.enter(this);
    }
    await this.entered.promise;
  }

  /** Does the work that unpacks and reads the reply: that of large ones one after another. */
  read<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#isLarge ? this.#rooms.read(work, signal) : work();
  }

  [Symbol.dispose](): void {
    if (this.#isLarge) this.#rooms.leave(this);
  }
}
