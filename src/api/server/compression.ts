import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendBytes } from '../read/encoding.ts';

/** What is shorter is sent as it is. Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters. */
const leastGzippedBytes = 128 * 1024;

/** As there: the others make a text of numbers hardly shorter, and take longer. */
const level = constants.Z_BEST_SPEED;

/** Enough for all in one piece: each takes another trip to the threads that compress. */
const chunkSize = 256 * 1024;

const compress = promisify(gzip);

/** As `sendBytes`, and compressed where it is long and whoever asks takes gzip, as Prometheus does. */
export async function sendLong(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  contentType: string,
  bytes: Buffer,
): Promise<FastifyReply> {
  if (bytes.length < leastGzippedBytes) return sendBytes(reply, contentType, bytes);
  reply.header('vary', 'Accept-Encoding');
  if (!takesGzip(headers['accept-encoding'])) return sendBytes(reply, contentType, bytes);
  const compressed = await compress(bytes, { level, chunkSize });
  return sendBytes(reply.header('content-encoding', 'gzip'), contentType, compressed);
}

/** @param acceptEncoding the header. Source: RFC 9110, 12.5.3 */
export function takesGzip(acceptEncoding = ''): boolean {
  const qualities = new Map(acceptEncoding.toLowerCase().split(',').map(codingAndQuality));
  return (qualities.get('gzip') ?? qualities.get('*') ?? 0) > 0;
}

function codingAndQuality(text: string): readonly [coding: string, quality: number] {
  const [coding = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [coding, quality === undefined ? 1 : Number(quality.slice(2))];
}
