import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { ReplyRooms, unpacked } from '../../src/sls/large-replies.ts';

/** Returns what the body unpacks to, or the message of the error. */
const unpack = (type: string | undefined, body: Buffer, size?: string | number, encoding?: string) => {
  const headers = {
    ...(type === undefined ? {} : { 'x-log-compresstype': type }),
    ...(size === undefined ? {} : { 'x-log-bodyrawsize': String(size) }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  return unpacked({ statusCode: 200, headers, body }, 'p/l').then(String, (error: unknown) =>
    error instanceof AdapterError ? `${error.code}: ${error.what}` : error,
  );
};

const zeros = Buffer.alloc(32 * 1024 * 1024);
const packers = { lz4: (data: Buffer) => compressSync(data).subarray(4), gzip: deflateSync } as const;

describe.each(['lz4', 'gzip'] as const)('a reply packed as %s', (type) => {
  const text = Buffer.from('the text '.repeat(100));
  const body = packers[type](text);
  const lie = `SlsReplyInvalid: SLS, p/l: the reply cannot be read: it does not unpack (${type}) to the size that it says`;

  it('is unpacked if it has the size that it says', async () => {
    expect(await unpack(type, body, text.length)).toBe(text.toString());
    expect(await unpack(type, packers[type](zeros), zeros.length)).toHaveLength(zeros.length);
  });

  it.each([0, 1, 100, text.length - 1, text.length + 1, 1e6, 32 * 1024 * 1024])(
    'is an error if it says %i bytes instead of 900',
    async (size) => expect(await unpack(type, body, size)).toBe(lie),
  );

  it('takes no more memory than it says, if it unpacks to 128 MB', async () => {
    const bomb = packers[type](Buffer.alloc(128e6));
    const before = process.resourceUsage().maxRSS;
    for (let n = 0; n < 5; n += 1) expect(await unpack(type, bomb, 100)).toBe(lie);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024);
  });

  it.each([2 ** 25 + 1, 3e9, 1e14])('is not unpacked if it says %i bytes', async (size) => {
    expect(await unpack(type, body, size)).toBe(
      'SlsResultTooLarge: SLS, p/l: the result has more than 33554432 bytes',
    );
  });

  it.each([undefined, '', '-1', '1e3', '0x10', '9'.repeat(16), ' 900'])(
    'is an error with the size %j',
    async (size) => {
      expect(await unpack(type, body, size)).toMatch(/its x-log-bodyrawsize is not a size$/);
    },
  );
});

it.each(['gzip', 'br', 'gzip, gzip, gzip', 'x'.repeat(1000)])(
  'refuses a Content-Encoding, which was not asked for: %s',
  async (encoding) => {
    const found = await unpack(undefined, Buffer.from('x'), undefined, encoding);
    expect(found).toMatch(
      /^SlsReplyInvalid: .* it is packed as Content-Encoding ".{1,40}", which was not asked for$/,
    );
  },
);

it('leaves a reply as it is that is not packed', async () => {
  expect(await unpack(undefined, Buffer.from('text'), 1e9)).toBe('text');
  expect(await unpack(undefined, Buffer.from('text'), undefined, 'identity')).toBe('text');
});

const large = 65_537;

/** Returns whether the room is free now. */
async function grows(growing: Promise<void>): Promise<boolean> {
  let isDone = false;
  void growing.then(() => (isDone = true));
  await nextTurn();
  return isDone;
}

describe('the room of a reply', () => {
  it('is free for a small reply, however many there are', async () => {
    const rooms = new ReplyRooms();
    for (let n = 0; n < 100; n += 1) expect(await grows(rooms.of('p').grow(65_536))).toBe(true);
  });

  it('is taken by one large reply of a project at a time, and by eight of all projects', async () => {
    const rooms = new ReplyRooms();
    const first = rooms.of('p0');
    expect(await grows(first.grow(large))).toBe(true);
    expect(await grows(first.grow(large * 2))).toBe(true);
    const second = rooms.of('p0');
    const waiting = second.grow(large);
    expect(await grows(waiting)).toBe(false);
    for (let n = 1; n < 8; n += 1) expect(await grows(rooms.of(`p${n}`).grow(large))).toBe(true);
    const ninth = rooms.of('p8');
    const waitingNinth = ninth.grow(large);
    expect(await grows(waitingNinth)).toBe(false);
    first[Symbol.dispose]();
    expect(await grows(waiting)).toBe(true);
    expect(await grows(waitingNinth)).toBe(false);
    second[Symbol.dispose]();
    expect(await grows(waitingNinth)).toBe(true);
  });

  it('is given up by a reply that no longer waits', async () => {
    const rooms = new ReplyRooms();
    const [first, second, third] = [rooms.of('p'), rooms.of('p'), rooms.of('p')];
    void first.grow(large);
    void second.grow(large);
    const waiting = third.grow(large);
    second[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(await grows(waiting)).toBe(true);
  });

  it('reads large replies one after another, and small ones at once', async () => {
    const rooms = new ReplyRooms();
    const { signal } = new AbortController();
    const [a, b, small] = [rooms.of('a'), rooms.of('b'), rooms.of('c')];
    await a.grow(large);
    await b.grow(large);
    const gate = Promise.withResolvers();
    const order: string[] = [];
    const done = [
      a.read(() => gate.promise.then(() => order.push('a')), signal),
      b.read(() => Promise.resolve(order.push('b')), signal),
    ];
    await small.read(() => Promise.resolve(order.push('small')), signal);
    await nextTurn();
    expect(order).toEqual(['small']);
    gate.resolve(undefined);
    await Promise.all(done);
    expect(order).toEqual(['small', 'a', 'b']);
  });

  it('lets other work go on between two large replies', async () => {
    const rooms = new ReplyRooms();
    const { signal } = new AbortController();
    const order: string[] = [];
    const reads = ['a', 'b'].map(async (project) => {
      const room = rooms.of(project);
      await room.grow(large);
      await room.read(() => {
        setImmediate(() => order.push(`after ${project}`));
        return Promise.resolve(order.push(project));
      }, signal);
    });
    await Promise.all(reads);
    expect(order).toEqual(['a', 'after a', 'b']);
  });
});
