import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import type { LogRecord } from '../log-record.ts';
import { decodeLogGroup } from './log-group.ts';

/** SLS accepts at most 10 MB of raw logs in one PutLogs request. */
export const maxRawBytes = 10 * 1024 * 1024;

/** The PutLogs headers that describe the encoding of the body. */
export interface PutLogsHeaders {
  /** `x-log-compresstype`: `lz4` (raw block), `zstd`, `deflate` or `gzip` (both zlib). Without it: no compression. */
  readonly compressType?: string | undefined;
  /** `x-log-bodyrawsize`: bytes of the uncompressed body. Required for lz4. */
  readonly bodyRawSize?: number | undefined;
}

/** The body cannot be decompressed. */
export class DecompressError extends Error {
  override readonly name = 'DecompressError';
}

/**
 * Decodes the records of one PutLogs request (SLS API reference, "PutLogs" and "Log group"). Each record gets the
 * topic, source and tags of the group as `__topic__`, `__source__` and `__tag__:name`.
 *
 * @throws Error that names the fault of the body or its headers
 */
export function decodePutLogs(body: Buffer, headers: PutLogsHeaders): LogRecord[] {
  const group = decodeLogGroup(uncompressed(body, headers));
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

function uncompressed(body: Buffer, { compressType, bodyRawSize }: PutLogsHeaders): Buffer {
  if (bodyRawSize !== undefined && !(Number.isSafeInteger(bodyRawSize) && bodyRawSize >= 0))
    throw new Error('x-log-bodyrawsize is not a whole number of bytes');
  if (Math.max(body.length, bodyRawSize ?? 0) > maxRawBytes)
    throw new Error(`the body is larger than ${maxRawBytes} bytes`);
  const raw = decompress(body, compressType?.toLowerCase() ?? '', bodyRawSize);
  if (bodyRawSize !== undefined && raw.length !== bodyRawSize)
    throw new Error(`x-log-bodyrawsize is ${bodyRawSize}, but the uncompressed body has ${raw.length} bytes`);
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

/** lz4-napi needs the raw size, little-endian, before the raw block that SLS sends. */
function withSizePrefix(block: Buffer, rawSize: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(rawSize);
  return Buffer.concat([prefix, block]);
}

function attempt(type: string, decompressor: () => Buffer): Buffer {
  try {
    return decompressor();
  } catch (cause) {
    throw new DecompressError(`the body is not valid ${type}, or too large: ${text(cause)}`, { cause });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
