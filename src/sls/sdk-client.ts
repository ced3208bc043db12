import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { stringify } from 'node:querystring';
import * as spi from '@alicloud/gateway-spi';
import type { $OpenApiUtil } from '@alicloud/openapi-core';
import type slsModule from '@alicloud/sls20201230';
import type { GetLogsV2Response } from '@alicloud/sls20201230';
import * as dara from '@darabonba/typescript';
import { AdapterError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { logstoreName } from './logstore-address.ts';
import { SlsHttpError } from './sls-http-error.ts';
import type { Transport } from './transport.ts';

/** Not by import: for the names that it exports Node would read each of its 500 modules once more, and keep them. */
const sls = createRequire(import.meta.url)('@alicloud/sls20201230') as typeof slsModule;

/** Unpacked. What SLS says it is comes to memory at once, and several times as much when it is read. */
const maxResultBytes = 64 * 1024 * 1024;

/** The SDK hands its runtime options on to `execute` untouched: what is one query's own travels in them. */
class QueryOptions extends dara.RuntimeOptions {
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  /** For messages. */
  readonly place: string;

  constructor(credentials: Credentials, signal: AbortSignal, place: string) {
    super({});
    this.credentials = credentials;
    this.signal = signal;
    this.place = place;
  }
}

/**
 * The SDK's client with its one network seam, `execute`, over our transport: the SDK still builds, signs and
 * decompresses, but connections can be cancelled, pooled and pointed at loopback, and the body of a failed
 * request is kept as it came. Retries are decided by the caller.
 */
export class SdkClient extends sls.default {
  readonly #transport: Transport;
  readonly #slsEndpoint: Endpoint;

  constructor(endpoint: Endpoint, transport: Transport) {
    super({
      endpoint: endpoint.authority,
      protocol: endpoint.protocol,
      userAgent: 'sls-metrics-adapter',
      // Each query brings its own; without any here the SDK would look for some.
      credential: {},
    } as unknown as $OpenApiUtil.Config);
    this.#transport = transport;
    this.#slsEndpoint = endpoint;
  }

  /**
   * @param request Unix seconds `[from, to)`, and the query
   * @param credentials to sign with
   * @throws AdapterError of the transport, or `SlsResultTooLarge`; SlsHttpError for an answer of 400 or above
   */
  queryLogs(
    project: string,
    logstore: string,
    request: { readonly from: number; readonly to: number; readonly query: string },
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<GetLogsV2Response> {
    return this.getLogsV2WithOptions(
      project,
      logstore,
      new sls.GetLogsV2Request(request),
      new sls.GetLogsV2Headers({}),
      new QueryOptions(credentials, signal, logstoreName({ project, logstore })),
    );
  }

  override async execute(
    params: $OpenApiUtil.Params,
    request: $OpenApiUtil.OpenApiRequest,
    runtime: dara.RuntimeOptions,
  ): Promise<Record<string, unknown>> {
    if (!(runtime instanceof QueryOptions)) throw new TypeError('execute needs QueryOptions');
    const context = this.#contextOf(params, request, runtime.credentials);
    const attributes = new spi.AttributeMap({});
    await this._spi.modifyConfiguration(context, attributes);
    await this._spi.modifyRequest(context, attributes);
    const { method, pathname, query = {}, headers = {}, hostMap } = context.request;
    const stream = context.request.stream;
    const reply = await this.#transport.send({
      endpoint: this.#slsEndpoint,
      project: hostMap?.['project'] ?? '',
      method,
      path: Object.keys(query).length === 0 ? pathname : `${pathname}?${stringify(query)}`,
      headers,
      body: await bytesOf(stream),
      signal: runtime.signal,
    });
    if (reply.statusCode >= 400) throw new SlsHttpError(reply);
    if (Number(reply.headers['x-log-bodyrawsize']) > maxResultBytes)
      throw new AdapterError(
        'SlsResultTooLarge',
        `SLS, ${runtime.place}: the result has more than ${maxResultBytes} bytes`,
      );
    context.response = new spi.InterceptorContextResponse({
      statusCode: reply.statusCode,
      headers: reply.headers as Record<string, string>,
      body: Readable.from([reply.body]),
    });
    await this._spi.modifyResponse(context, attributes);
    const { headers: replyHeaders, statusCode } = context.response;
    return { headers: replyHeaders, statusCode, body: context.response.deserializedBody as unknown };
  }

  #contextOf(
    params: $OpenApiUtil.Params,
    request: $OpenApiUtil.OpenApiRequest,
    credentials: Credentials,
  ): spi.InterceptorContext {
    const credential = { getCredential: () => Promise.resolve(credentials) };
    return new spi.InterceptorContext({
      request: new spi.InterceptorContextRequest({
        headers: { ...request.headers },
        query: { ...request.query },
        body: request.body as unknown,
        hostMap: request.hostMap ?? {},
        pathname: params.pathname,
        productId: this._productId,
        action: params.action,
        version: params.version,
        protocol: this._protocol,
        method: params.method,
        authType: params.authType,
        bodyType: params.bodyType,
        reqBodyType: params.reqBodyType,
        style: params.style,
        credential,
        userAgent: this._userAgent,
      }),
      configuration: new spi.InterceptorContextConfiguration({ regionId: '', endpoint: this._endpoint }),
    });
  }
}

async function bytesOf(stream: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
