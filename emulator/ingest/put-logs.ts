import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import type { LogRecord } from '../log-record.ts';
import { decodeLogGroup } from './log-group.ts';

/** SLS takes at most 10 MB of raw logs in one PutLogs request. */
export const maxRawBytes = 10 * 1024 * 1024;

/** The PutLogs headers that say how the body is packed. */
export interface PutLogsHeaders {
  /** `x-log-compresstype`: `lz4` (raw block), `zstd`, `deflate` or `gzip` (both zlib); absent or empty: none. */
  readonly compressType?: string | undefined;
  /** `x-log-bodyrawsize`: bytes of the body once unpacked. An lz4 body needs it. */
  readonly bodyRawSize?: number | undefined;
}

/**
 * The records of one PutLogs request (SLS API reference, "PutLogs" and "Log group").
 * The group's topic, source and tags become `__topic__`, `__source__` and `__tag__:name` on each of them.
 *
 * @throws Error naming what is wrong with the body or its headers.
 */
export function decodePutLogs(body: Buffer, headers: PutLogsHeaders): LogRecord[] {
  const group = decodeLogGroup(unpack(body, headers));
  const shared: [string, string][] = [
    ['__topic__', group.Topic],
    ['__source__', group.Source],
    ...group.LogTags.map(({ Key, Value }): [string, string] => [`__tag__:${Key}`, Value]),
  ];
  return group.Logs.map(({ Time, Contents }) => ({
    timeSeconds: Time,
    fields: Object.fromEntries([
      ...shared,
      ...Contents.map(({ Key, Value }): [string, string] => [Key, Value]),
    ]),
  }));
}

function unpack(body: Buffer, { compressType, bodyRawSize }: PutLogsHeaders): Buffer {
  if (bodyRawSize !== undefined && !(Number.isSafeInteger(bodyRawSize) && bodyRawSize >= 0))
    throw new Error('x-log-bodyrawsize is not a whole number of bytes');
  if (Math.max(body.length, bodyRawSize ?? 0) > maxRawBytes)
    throw new Error(`the body is larger than ${maxRawBytes} bytes`);
  const raw = decompress(body, compressType?.toLowerCase() ?? '', bodyRawSize);
  if (bodyRawSize !== undefined && raw.length !== bodyRawSize)
    throw new Error(`x-log-bodyrawsize is ${bodyRawSize}, but the body unpacks to ${raw.length} bytes`);
  return raw;
}

function decompress(body: Buffer, type: string, rawSize: number | undefined): Buffer {
  switch (type) {
    case '':
      return body;
    case 'lz4':
      if (rawSize === undefined) throw new Error('x-log-bodyrawsize is missing; an lz4 body needs it');
      return attempt('lz4', () => uncompressSync(withSizePrefix(body, rawSize)));
    case 'zstd':
      return attempt('zstd', () => zstdDecompressSync(body, { maxOutputLength: maxRawBytes }));
    case 'deflate':
    case 'gzip':
      return attempt(type, () => inflateSync(body, { maxOutputLength: maxRawBytes }));
    default:
      throw new Error(`x-log-compresstype "${type}" is not lz4, zstd, deflate or gzip`);
  }
}

/** The library's own framing: the raw size, little-endian, before the raw block that SLS sends. */
function withSizePrefix(block: Buffer, rawSize: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(rawSize);
  return Buffer.concat([prefix, block]);
}

function attempt(type: string, decompressor: () => Buffer): Buffer {
  try {
    return decompressor();
  } catch (cause) {
    throw new Error(`the body is not valid ${type}, or unpacks to more than it may: ${text(cause)}`, {
      cause,
    });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
