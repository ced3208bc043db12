import type { IncomingMessage } from 'node:http';
import type { SignedRequest } from '../auth/credentials.ts';
import { ServiceError } from '../service-error.ts';

/** A complete request. */
export interface ServiceRequest extends SignedRequest {
  /** The first label of the Host header. */
  readonly project: string;
}

/** SLS accepts bodies up to 10 MB. */
const maxBodyBytes = 10 * 1024 * 1024;

/** Reads a whole request. Throws ServiceError 400 if the body is too long or the Host header is missing. */
export async function readRequest(message: IncomingMessage): Promise<ServiceRequest> {
  const [path = '/', search = ''] = splitOnce(message.url ?? '/', '?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: message.method ?? 'GET',
    path,
    query: new Map(new URLSearchParams(search)),
    headers,
    project: projectOf(headers['host'] ?? ''),
    body: await readBody(message),
  };
}

/** Checks the headers that every API call needs. */
export function checkHeaders({ headers, body }: ServiceRequest): void {
  const version = headers['x-log-apiversion'];
  if (version === undefined)
    throw badRequest('MissingAPIVersion', 'x-log-apiversion does not exist in http header.');
  if (version !== '0.6.0')
    throw badRequest('InvalidAPIVersion', `x-log-apiversion ${version} is unsupported.`);
  if (body.length === 0) return;
  if (headers['content-type'] === undefined)
    throw badRequest(
      'MissingContentType',
      'Content-Type does not exist in http header when body is not empty.',
    );
}

/** Checks the size of the body before compression. Only calls that read or write logs need it. */
export function checkRawSize({ headers }: ServiceRequest): void {
  const rawSize = headers['x-log-bodyrawsize'];
  if (rawSize === undefined)
    throw badRequest(
      'MissingBodyRawSize',
      'x-log-bodyrawsize does not exist in header when it is necessary.',
    );
  if (!/^\d{1,9}$/.test(rawSize)) throw badRequest('InvalidBodyRawSize', 'x-log-bodyrawsize is invalid.');
}

/** Returns the body as a JSON object. Throws ServiceError 400. */
export function readJsonObject({ body }: ServiceRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new ServiceError(400, 'PostBodyInvalid', 'The body is not valid json string.', { cause: error });
  }
  throw new ServiceError(400, 'PostBodyInvalid', 'The body is not valid json string.');
}

const badRequest = (code: string, message: string) => new ServiceError(400, code, message);

function projectOf(host: string): string {
  if (host === '') throw badRequest('MissingHost', 'Host does not exist in http header.');
  return (host.split(':')[0] ?? '').split('.')[0] ?? '';
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes)
      throw badRequest('PostBodyTooLarge', `Body size must little than ${maxBodyBytes}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
