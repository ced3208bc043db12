import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import protobuf from 'protobufjs';
import type { LogRecord } from '../log-record.ts';

/** A field of a log, or a tag of the group. */
interface Pair {
  readonly Key: string;
  readonly Value: string;
}

/** The body of a PutLogs request (SLS API reference, "Log group"). `Time` is in Unix seconds. */
interface LogGroup {
  readonly Logs: readonly { readonly Time: number; readonly Contents: readonly Pair[] }[];
  readonly Topic: string;
  readonly Source: string;
  readonly LogTags: readonly Pair[];
}

const pairFields = {
  Key: { id: 1, type: 'string', rule: 'required' },
  Value: { id: 2, type: 'string', rule: 'required' },
};

const logGroupType = protobuf.Root.fromJSON({
  nested: {
    Content: { fields: pairFields },
    LogTag: { fields: pairFields },
    Log: {
      fields: {
        Time: { id: 1, type: 'uint32', rule: 'required' },
        Contents: { id: 2, type: 'Content', rule: 'repeated' },
        TimeNs: { id: 4, type: 'fixed32' },
      },
    },
    LogGroup: {
      fields: {
        Logs: { id: 1, type: 'Log', rule: 'repeated' },
        Category: { id: 2, type: 'string' },
        Topic: { id: 3, type: 'string' },
        Source: { id: 4, type: 'string' },
        MachineUUID: { id: 5, type: 'string' },
        LogTags: { id: 6, type: 'LogTag', rule: 'repeated' },
      },
    },
  },
}).lookupType('LogGroup');

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

/** @throws Error if the group is truncated, or lacks a required field */
function decodeLogGroup(raw: Buffer): LogGroup {
  try {
    const message = logGroupType.decode(raw);
    return logGroupType.toObject(message, { arrays: true, defaults: true }) as LogGroup;
  } catch (cause) {
    throw new Error(`the body is not a protobuf LogGroup: ${text(cause)}`, { cause });
  }
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
