import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { LoadOptions } from './load.ts';

/** A reply without what belongs to its connection alone. */
export interface BareReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const ofConnection = ['connection', 'content-length', 'date', 'keep-alive'];

/** @returns undefined where it is no 200 */
export async function readOnce({
  url,
  path,
  headers,
  pair,
}: Pick<LoadOptions, 'url' | 'path' | 'headers' | 'pair'>): Promise<BareReply | undefined> {
  const request = get(new URL(path, url), {
    agent: false,
    headers: ['Host', new URL(url).host, ...headers.flat()],
    cert: pair.certificate,
    key: pair.key,
    rejectUnauthorized: false,
  });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  const body = await buffer(reply);
  if (reply.statusCode !== 200) return undefined;
  const own = Object.entries(reply.headers).filter(([name]) => !ofConnection.includes(name));
  return { headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])), body };
}
