import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ingestAccessLog } from '../../../emulator/ingest/access-log-ingest.ts';
import { AccessLogReader, type IngestCounts } from '../../../emulator/ingest/access-log-reader.ts';
import type { LogSource } from '../../../emulator/ingest/log-source.ts';
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

const parts = () => ({
  source: { kind: 'file', path } satisfies LogSource,
  reader: new AccessLogReader({ clock: { now: () => 1_800_000_000_000 } }),
  sink,
  signal: new AbortController().signal,
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ingest-'));
  path = join(directory, 'access.log');
  records = [];
});

afterEach(() => rm(directory, { recursive: true }));

describe('ingestAccessLog', () => {
  it('keeps lines that are no requests with content alone, at the time of the line before', async () => {
    const long = 'x'.repeat(1024 * 1024 + 1);
    const times = [40, 41].map((second) => `23/Nov/2026:14:40:${second} +0000`);
    const [first, second] = times.map((time) => logLine({ time }));
    await writeFile(path, ['nonsense', first, 'nonsense', second, '', long, ''].join('\n'));
    const counts = await ingestAccessLog({ ...parts(), follow: false });
    expect(counts).toEqual({ records: 2, unparsed: 4, leftOut: 0 });
    const contents = records.filter(({ fields }) => 'content' in fields);
    expect(contents).toEqual([
      { timeSeconds: 1_800_000_000, fields: { content: 'nonsense' } },
      { timeSeconds: 1_795_444_840, fields: { content: 'nonsense' } },
      { timeSeconds: 1_795_444_841, fields: { content: '' } },
      { timeSeconds: 1_795_444_841, fields: { content: 'x'.repeat(200) } },
    ]);
  });

  it('follows through a rotation until the signal, and reports its progress', async () => {
    const ending = new AbortController();
    let progress: IngestCounts | undefined;
    await writeFile(path, `${logLine()}\n`);
    const done = ingestAccessLog({
      ...parts(),
      follow: true,
      onProgress: (counts) => (progress = { ...counts }),
      signal: ending.signal,
    });
    await waitFor(() => progress?.records === 1);
    await rename(path, `${path}.1`);
    await writeFile(path, `${logLine({ time: '23/Nov/2026:14:40:43 +0000' })}\nnonsense\n`);
    await appendFile(`${path}.1`, `${logLine({ time: '23/Nov/2026:14:40:42 +0000' })}\n`);
    await waitFor(() => progress?.records === 3 && progress.unparsed === 1);
    ending.abort();
    expect(await done).toEqual({ records: 3, unparsed: 1, leftOut: 0 });
    const requests = records.filter(({ fields }) => !('content' in fields));
    expect(requests.map(({ timeSeconds }) => timeSeconds).sort()).toEqual([
      1_795_444_841, 1_795_444_842, 1_795_444_843,
    ]);
  });

  it('fails if the sink fails', async () => {
    await writeFile(path, logLine());
    const broken = { append: () => Promise.reject(new Error('store is closed')) };
    await expect(ingestAccessLog({ ...parts(), follow: false, sink: broken })).rejects.toThrow(
      'store is closed',
    );
  });
});
