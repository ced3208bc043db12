import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretFileOrigin } from '../../../src/sls/credentials/secret-file.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let version = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secret-file-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Mounts as kubelet does: one directory per version, and a link that is replaced atomically. */
function mount(values: Readonly<Record<string, string>>): void {
  version += 1;
  const name = `..version-${version}`;
  mkdirSync(join(directory, name));
  for (const [key, value] of Object.entries(values)) writeFileSync(join(directory, name, key), value);
  symlinkSync(name, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  for (const key of Object.keys(values)) {
    rmSync(join(directory, key), { force: true });
    symlinkSync(join('..data', key), join(directory, key));
  }
}

describe('a mounted Secret', () => {
  it('returns its key without the line feed of a file', async () => {
    mount({ 'access-key-id': 'id\n', 'access-key-secret': ' secret\r\n' });
    expect(await secretFileOrigin(directory)()).toEqual({
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
      recheck: { afterMs: 1000, inBackground: false },
    });
  });

  it('returns its security token if it has one', async () => {
    mount({ 'access-key-id': 'id', 'access-key-secret': 'secret', 'security-token': 'token\n' });
    expect((await secretFileOrigin(directory)()).credentials.securityToken).toBe('token');
  });

  it('returns its current content at each call', async () => {
    const origin = secretFileOrigin(directory);
    mount({ 'access-key-id': 'a', 'access-key-secret': 'of-a' });
    await origin();
    mount({ 'access-key-id': 'b', 'access-key-secret': 'of-b' });
    expect((await origin()).credentials).toEqual({ accessKeyId: 'b', accessKeySecret: 'of-b' });
  });

  it('never combines the ID of one key with the secret of another, however often it is replaced', async () => {
    const origin = secretFileOrigin(directory);
    mount({ 'access-key-id': '0', 'access-key-secret': 'of-0' });
    const over = new AbortController();
    let reads = 0;
    const reading = (async () => {
      const seen = new Set<string>();
      while (!over.signal.aborted) {
        const found = await origin().catch((error: unknown) => error as Error);
        reads += 1;
        // A directory that changed five times meanwhile is an error, never a mixture.
        if (found instanceof Error) expect(found.message).toMatch(/changes while it is read$/);
        else {
          const { accessKeyId, accessKeySecret } = found.credentials;
          expect(accessKeySecret).toBe(`of-${accessKeyId}`);
          seen.add(accessKeyId);
        }
      }
      return seen.size;
    })();
    for (let round = 1; round < 150; round += 1) {
      const name = `..round-${round}`;
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'access-key-id'), String(round));
      writeFileSync(join(directory, name, 'access-key-secret'), `of-${round}`);
      symlinkSync(name, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
      const before = reads;
      // Sometimes during a read, sometimes between two.
      await (round % 3 === 0
        ? waitFor(() => reads > before)
        : new Promise((resolve) => setImmediate(resolve)));
    }
    over.abort();
    expect(await reading).toBeGreaterThan(1);
  });

  it.each<[what: string, values: Record<string, string>, message: string]>([
    ['nothing', {}, 'has no access-key-id'],
    ['no secret', { 'access-key-id': 'planted-id' }, 'has no access-key-secret'],
    ['an empty id', { 'access-key-id': '\n', 'access-key-secret': 'planted' }, 'has an empty access-key-id'],
    [
      'an empty secret',
      { 'access-key-id': 'planted', 'access-key-secret': '' },
      'has an empty access-key-secret',
    ],
  ])('is refused with %s, with a message that repeats nothing of it', async (_, values, message) => {
    mount(values);
    const error = await secretFileOrigin(directory)().catch((thrown: unknown) => thrown as Error);
    expect((error as Error).message).toBe(`the Secret at ${directory} ${message}`);
  });

  it('that cannot be read says why', async () => {
    mkdirSync(join(directory, 'access-key-id'));
    await expect(secretFileOrigin(directory)()).rejects.toThrow(
      `${join(directory, 'access-key-id')} cannot be read (EISDIR)`,
    );
    await expect(secretFileOrigin(join(directory, 'none'))()).rejects.toThrow('has no access-key-id');
  });
});
