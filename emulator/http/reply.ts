import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ServiceError } from '../service-error.ts';
import { acceptedCompressType, compressBody } from './compression.ts';

/** What goes back to a client. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly contentType: string;
}

/** A reply in JSON. */
export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers, body: JSON.stringify(value), contentType: 'application/json' };
}

/** SLS's form of an error. */
export function errorReply({ status, code, message }: ServiceError): Reply {
  return { ...jsonReply({ errorCode: code, errorMessage: message }), status };
}

/** What goes with every reply besides. */
export interface Sending {
  readonly acceptEncoding: string | undefined;
  /** What the reply says of its own time, Unix ms. */
  readonly dateMs: number;
  /** Destroys the socket when half of the body is out. */
  readonly cut: boolean;
}

/** Sends a reply, with a request id; a body that went well is compressed as the client accepts it. */
export async function send(
  response: ServerResponse,
  reply: Reply,
  { acceptEncoding, dateMs, cut }: Sending,
): Promise<void> {
  const raw = Buffer.from(reply.body);
  const type = reply.status === 200 && raw.length > 0 ? acceptedCompressType(acceptEncoding) : undefined;
  const body = type ? await compressBody(raw, type) : raw;
  response.writeHead(reply.status, {
    ...reply.headers,
    date: new Date(dateMs).toUTCString(),
    server: 'sls-emulator',
    'content-type': reply.contentType,
    'content-length': body.length,
    'x-log-requestid': randomBytes(12).toString('hex').toUpperCase(),
    'x-log-bodyrawsize': raw.length,
    ...(type && { 'x-log-compresstype': type }),
  });
  if (!cut) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}
