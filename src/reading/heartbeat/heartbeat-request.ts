import { lookup as resolve } from 'node:dns';
import { once } from 'node:events';
import { request as requestByHttp, type IncomingMessage } from 'node:http';
import { request as requestByHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isInternalAddress } from '../../grammar/cluster-address.ts';

const timeoutMs = 1000;

/**
 * Sends one request on a connection of its own, so that the Service spreads heartbeats over the pods of the ingress.
 * Follows no redirect, reads no body.
 *
 * @throws Error if no answer comes within a second, also one from 500 on: a proxy before the ingress may have given it
 */
export async function sendHeartbeat(url: URL, userAgent: string, signal: AbortSignal): Promise<void> {
  const send = url.protocol === 'https:' ? requestByHttps : requestByHttp;
  const request = send(url, {
    method: 'HEAD',
    agent: false,
    headers: { 'User-Agent': userAgent },
    lookup: internalLookup,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  // An error after the answer has no other listener.
  request.on('error', () => undefined);
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.destroy();
  const { statusCode = 0 } = response;
  if (statusCode >= 500) throw new Error(`the answer has the status ${statusCode}`);
}

/** The name of a Service may still stand for an address outside. */
export const internalLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, options, (error, address, family) => {
    const addresses = typeof address === 'string' ? [{ address }] : address;
    const outside = error === null ? addresses.find((one) => !isInternalAddress(one.address)) : undefined;
    if (outside === undefined) callback(error, address, family);
    else callback(new Error(`${hostname} has the address ${outside.address}, which is no private one`), '');
  });
};
