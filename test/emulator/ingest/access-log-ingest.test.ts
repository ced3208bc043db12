import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type IngestCounts, ingestAccessLog } from '../../../emulator/ingest/access-log-ingest.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { logLine } from '../../support/access-log.ts';
import { waitFor } from '../../support/wait-for.ts';

let directory: string;
let path: string;
let records: LogRecord[];
const sink = {
  append: (appended: readonly LogRecord[]) => {
    records.push(...appended);
    return Promise.resolve();
  },
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ingest-'));
  path = join(directory, 'access.log');
  records = [];
});

afterEach(() => rm(directory, { recursive: true }));

describe('ingestAccessLog', () => {
  it('counts and reports unparsed lines, and stores the others', async () => {
    const unparsed: [string, string][] = [];
    const long = 'x'.repeat(1024 * 1024 + 1);
    await writeFile(path, [logLine(), 'nonsense', logLine({ status: '502' }), '', long, ''].join('\n'));
    const counts = await ingestAccessLog({
      path,
      follow: false,
      sink,
      onUnparsed: (reason, line) => unparsed.push([reason, line]),
      signal: new AbortController().signal,
    });
    expect(counts).toEqual({ records: 2, unparsed: 3 });
    expect(records.map(({ fields }) => fields['status'])).toEqual(['200', '502']);
    expect(unparsed).toEqual([
      ['no valid client address', 'nonsense'],
      ['no valid client address', ''],
      ['longer than a line may be: 1048577 bytes', 'x'.repeat(200)],
    ]);
  });

  it('follows through a rotation until the signal, and reports its progress', async () => {
    const ending = new AbortController();
    let progress: IngestCounts | undefined;
    await writeFile(path, `${logLine()}\n`);
    const done = ingestAccessLog({
      path,
      follow: true,
      sink,
      onProgress: (counts) => (progress = counts),
      signal: ending.signal,
    });
    await waitFor(() => progress?.records === 1);
    await rename(path, `${path}.1`);
    await writeFile(path, `${logLine({ time: '23/Nov/2026:14:40:43 +0000' })}\nnonsense\n`);
    await appendFile(`${path}.1`, `${logLine({ time: '23/Nov/2026:14:40:42 +0000' })}\n`);
    await waitFor(() => progress?.records === 3 && progress.unparsed === 1);
    ending.abort();
    expect(await done).toEqual({ records: 3, unparsed: 1 });
    expect(records.map(({ timeSeconds }) => timeSeconds).sort()).toEqual([
      1_795_444_841, 1_795_444_842, 1_795_444_843,
    ]);
  });

  it('fails if the sink fails', async () => {
    await writeFile(path, logLine());
    const broken = { append: () => Promise.reject(new Error('store is closed')) };
    const { signal } = new AbortController();
    await expect(ingestAccessLog({ path, follow: false, sink: broken, signal })).rejects.toThrow(
      'store is closed',
    );
  });
});
