import { describe, expect, it } from 'vitest';
import { AccessLogReader } from '../../../emulator/ingest/access-log-reader.ts';
import { nothingReadable, othersMet, summary, tooOld } from '../../../emulator/ingest/ingest-report.ts';
import { accessLine, ackRecord, ackText, defaultText } from '../../../emulator/traffic/access-line.ts';

const plain = accessLine({ atSeconds: 1_795_444_841 });
const iso = '2026-11-23T14:40:44Z';
const clock = { now: () => 1_800_000_000_000 };

function read(...texts: readonly string[]) {
  const met: string[] = [];
  const reader = new AccessLogReader({ clock, onFirst: (name) => met.push(name) });
  const records = texts.flatMap((text) => reader.read({ kind: 'line', text }) ?? []);
  return { reader, records, met };
}

describe('AccessLogReader', () => {
  it('joins the parts of a line that a CRI runtime split, past lines of standard error', () => {
    const text = ackText(plain);
    const { records, reader } = read(
      `${iso} stdout P ${text.slice(0, 50)}`,
      `${iso} stderr F an error`,
      `${iso} stdout P ${text.slice(50, 60)}`,
      `${iso} stdout F ${text.slice(60)}`,
      `${iso} stdout F ${text}`,
    );
    expect(records).toEqual([ackRecord(plain), ackRecord(plain)]);
    expect(reader.counts).toEqual({ records: 2, unparsed: 0, leftOut: 1 });
  });

  it('joins the parts of a line that docker split', () => {
    const text = ackText(plain);
    const part = (log: string) => JSON.stringify({ log, stream: 'stdout', time: iso });
    expect(read(part(text.slice(0, 50)), part(`${text.slice(50)}\n`)).records).toEqual([ackRecord(plain)]);
  });

  it('keeps no more than 1 MiB of parts', () => {
    const part = `${iso} stdout P ${'x'.repeat(100_000)}`;
    const { records } = read(...Array<string>(30).fill(part), `${iso} stdout F end`);
    expect(records[0]?.fields['content']?.length).toBeLessThanOrEqual(1024 * 1024);
  });

  it('keeps another line at the time of its wrapper', () => {
    expect(read(`${iso} nonsense`).records).toEqual([
      { timeSeconds: 1_795_444_844, fields: { content: 'nonsense' } },
    ]);
  });

  it('shows no control characters of a line', () => {
    expect([...read('a\u001B[2Jb\0').reader.met.values()]).toEqual([{ count: 1, first: 'a?[2Jb?' }]);
  });

  it('tells each form once, however often it comes', () => {
    const { met } = read('nonsense', 'other nonsense', ackText({ ...plain, status: 'OK' }), 'nonsense', '');
    expect(met).toEqual(['an unknown form', "ACK's form, but with no valid status", 'an empty line']);
  });
});

describe('the report of a log', () => {
  it('has the counts, the forms other than that of ACK, and what was left out', () => {
    const { reader } = read(ackText(plain), defaultText(plain), 'nonsense', 'x', `${iso} stderr F an error`);
    expect(summary('a.log', reader)).toBe(
      'a.log: 2 lines read, 2 unparsed\n' +
        "a.log: 1 line in ingress-nginx's default form, which has no host\n" +
        "a.log: 1 line of standard error left out, as ACK's collector does not read it\n",
    );
    expect(othersMet('a.log', reader, true)).toBe(
      'a.log: not read: 2 lines: an unknown form. The first: nonsense\n' +
        'a.log: not read: 1 line: standard error. The first: an error\n',
    );
  });

  it('says of a log without a readable line what it met, and what is expected', () => {
    expect(nothingReadable(read('nonsense', '', 'nonsense').reader)).toBe(
      'has no line that can be read: 2 lines: an unknown form; 1 line: an empty line. ' +
        "Expected: ACK's form, ingress-nginx's default form, JSON with proxy_upstream_name; " +
        'also as docker, a CRI runtime or `kubectl logs` writes it. The first: nonsense',
    );
    expect(nothingReadable(read().reader)).toBe('has no line');
  });

  it('says that a log which ended some time ago reads 0', () => {
    const { reader } = read(ackText(plain), ackText({ ...plain, atSeconds: plain.atSeconds - 30 }));
    expect(tooOld('a.log', reader, plain.atSeconds + 60)).toBe('');
    expect(tooOld('a.log', reader, plain.atSeconds + 7200)).toBe(
      'a.log: its newest request is of 2026-11-23T14:40:41Z, 120 minutes ago, so a reading of now is 0, or an error if the log stopped at once. ' +
        'Lines older than an hour are not kept.\n',
    );
  });
});
