import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { deflate, zstdCompress } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import type { Faults } from '../faults.ts';
import type { ServiceError } from '../service-error.ts';

/** A reply to a client. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Undefined for an empty body. */
  readonly contentType: string | undefined;
  /** If true, the body is compressed as the client accepts. Only GetLogsV2 does this. */
  readonly compressible?: boolean;
  /** The faults to apply while it is sent. */
  readonly faults?: Faults;
}

/** The reply of a call that only changes something, such as PutLogs. */
export const emptyReply: Reply = { status: 200, headers: {}, body: '', contentType: undefined };

/** Returns a reply with a JSON body. */
export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers, body: JSON.stringify(value), contentType: 'application/json' };
}

/** Returns an error reply in the format of SLS. */
export function errorReply({ status, code, message }: ServiceError): Reply {
  return { ...jsonReply({ errorCode: code, errorMessage: message }), status };
}

/** How to send a reply. */
interface SendOptions {
  readonly acceptEncoding: string | undefined;
  /** The `Date` of the reply, Unix ms. */
  readonly dateMs: number;
  /** If true, destroys the socket after half of the body. */
  readonly cut: boolean;
}

/** Sends a reply with a request id. */
export async function send(
  response: ServerResponse,
  reply: Reply,
  { acceptEncoding, dateMs, cut }: SendOptions,
): Promise<void> {
  const raw = Buffer.from(reply.body);
  const type = reply.compressible === true ? acceptedCompressType(acceptEncoding) : undefined;
  const body = type ? await compressBody(raw, type) : raw;
  response.writeHead(reply.status, {
    ...reply.headers,
    date: new Date(dateMs).toUTCString(),
    server: 'sls-emulator',
    ...(reply.contentType !== undefined && {
      'content-type': reply.contentType,
      'x-log-bodyrawsize': raw.length,
    }),
    'content-length': body.length,
    'x-log-requestid': randomBytes(12).toString('hex').toUpperCase(),
    ...(type && { 'x-log-compresstype': type }),
  });
  if (!cut) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

const deflateBody = promisify(deflate);
const zstdBody = promisify(zstdCompress);

/** The encodings of a reply, as SLS names them. Its `gzip` is a zlib stream. */
type CompressType = 'lz4' | 'gzip' | 'deflate' | 'zstd';

/** Returns the first encoding of an Accept-Encoding header that SLS supports, or undefined. */
function acceptedCompressType(acceptEncoding: string | undefined): CompressType | undefined {
  const names = (acceptEncoding ?? '')
    .split(',')
    .map((name) => (name.split(';')[0] ?? '').trim().toLowerCase());
  return names.find((name) => name === 'lz4' || name === 'gzip' || name === 'deflate' || name === 'zstd');
}

/** Compresses the body of a reply. For lz4, it is a raw block without a frame or a length. */
async function compressBody(body: Buffer, type: CompressType): Promise<Buffer> {
  switch (type) {
    case 'lz4':
      return lz4Block(body);
    case 'zstd':
      return zstdBody(body);
    case 'gzip':
    case 'deflate':
      return deflateBody(body);
  }
}

/** lz4-napi puts the length in four bytes before the block; SLS does not. Its asynchronous function (2.10.0) leaks memory. */
const lz4Block = (body: Buffer): Buffer => compressSync(body).subarray(4);
