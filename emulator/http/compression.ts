import { promisify } from 'node:util';
import { deflate, zstdCompress } from 'node:zlib';
import { compress as lz4Compress } from 'lz4-napi';

const deflateBody = promisify(deflate);
const zstdBody = promisify(zstdCompress);

/** SLS's names of the encodings of a reply; its `gzip` is a zlib stream. */
export type CompressType = 'lz4' | 'gzip' | 'deflate' | 'zstd';

/** The first encoding of an Accept-Encoding header that SLS has, or undefined for none. */
export function acceptedCompressType(acceptEncoding: string | undefined): CompressType | undefined {
  const names = (acceptEncoding ?? '')
    .split(',')
    .map((name) => (name.split(';')[0] ?? '').trim().toLowerCase());
  return names.find((name) => name === 'lz4' || name === 'gzip' || name === 'deflate' || name === 'zstd');
}

/** Compresses the body of a reply; lz4 is a raw block, without a frame or a length. */
export async function compressBody(body: Buffer, type: CompressType): Promise<Buffer> {
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

/** lz4-napi writes the length in four bytes before the block. */
async function lz4Block(body: Buffer): Promise<Buffer> {
  return (await lz4Compress(body)).subarray(4);
}
