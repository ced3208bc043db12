import { deflateSync, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { Writer } from 'protobufjs';
import type { LogRecord } from '../../emulator/log-record.ts';

/** Fields of a PutLogs request besides the records. */
interface PutLogsOptions {
  readonly compressType?: 'lz4' | 'zstd' | 'deflate' | 'gzip';
  readonly topic?: string;
  readonly source?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Nanoseconds within the second, written as `TimeNs`. */
  readonly timeNs?: number;
}

/** A PutLogs request as a client sends it. */
export interface PutLogsBody {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Encodes a LogGroup field by field. It does not use the decoder's descriptor, so that a mistake there is found.
 * Header names are lower case. The headers of the signature are not included.
 */
export function encodePutLogs(records: readonly LogRecord[], options: PutLogsOptions = {}): PutLogsBody {
  const raw = encodeLogGroup(records, options);
  return {
    body: compress(raw, options.compressType),
    headers: {
      'content-type': 'application/x-protobuf',
      'x-log-apiversion': '0.6.0',
      'x-log-bodyrawsize': String(raw.length),
      ...(options.compressType === undefined ? {} : { 'x-log-compresstype': options.compressType }),
    },
  };
}

const varint = 0;
const delimited = 2;
const fixed32 = 5;

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function encodeLogGroup(records: readonly LogRecord[], options: PutLogsOptions): Buffer {
  const writer = Writer.create();
  for (const record of records) {
    writer.uint32(tag(1, delimited)).fork();
    writer.uint32(tag(1, varint)).uint32(record.timeSeconds);
    for (const [key, value] of Object.entries(record.fields)) writePair(writer, 2, key, value);
    if (options.timeNs !== undefined) writer.uint32(tag(4, fixed32)).fixed32(options.timeNs);
    writer.ldelim();
  }
  if (options.topic !== undefined) writer.uint32(tag(3, delimited)).string(options.topic);
  if (options.source !== undefined) writer.uint32(tag(4, delimited)).string(options.source);
  for (const [key, value] of Object.entries(options.tags ?? {})) writePair(writer, 6, key, value);
  return Buffer.from(writer.finish());
}

function writePair(writer: Writer, field: number, key: string, value: string): void {
  writer.uint32(tag(field, delimited)).fork();
  writer.uint32(tag(1, delimited)).string(key);
  writer.uint32(tag(2, delimited)).string(value);
  writer.ldelim();
}

function compress(raw: Buffer, type: PutLogsOptions['compressType']): Buffer {
  switch (type) {
    case undefined:
      return raw;
    case 'lz4':
      return compressSync(raw).subarray(4);
    case 'zstd':
      return zstdCompressSync(raw);
    case 'deflate':
    case 'gzip':
      return deflateSync(raw);
  }
}
