import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { stringify } from 'node:querystring';
import * as spi from '@alicloud/gateway-spi';
import type { $OpenApiUtil } from '@alicloud/openapi-core';
import type slsModule from '@alicloud/sls20201230';
import type { GetLogsV2Response } from '@alicloud/sls20201230';
import * as dara from '@darabonba/typescript';
import { AdapterError } from '../errors.ts';
import type { Credentials } from './credentials/credentials.ts';
import { logstoreName, type Endpoint, type LogstoreAddress } from './endpoint.ts';
import { replyError, withoutKey } from './sls-error.ts';
import type { Transport } from './transport.ts';

/** By `require`: an import makes Node read each of its 500 modules once more for their exported names, and keep them. */
const sls = createRequire(import.meta.url)('@alicloud/sls20201230') as typeof slsModule;

/**
 * Unpacked size. The SDK allocates the size that SLS announces, and parsing takes several times as much.
 *
 * @bound - | {maxResultBytes} after unpacking | - | a constant
 */
const maxResultBytes = 64 * 1024 * 1024;

/** Carries what belongs to one query. The SDK passes its runtime options to `execute` unchanged. */
class QueryOptions extends dara.RuntimeOptions {
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  /** For messages. */
  readonly address: Omit<LogstoreAddress, 'endpoint'>;

  constructor(credentials: Credentials, signal: AbortSignal, address: Omit<LogstoreAddress, 'endpoint'>) {
    super({});
    this.credentials = credentials;
    this.signal = signal;
    this.address = address;
  }
}

/** Unix seconds `[fromSeconds, toSeconds)`, and the query. */
interface SdkQuery extends Omit<LogstoreAddress, 'endpoint'> {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly query: string;
}

/**
 * The SDK's client with its one network method, `execute`, replaced by our transport. The SDK still builds, signs and
 * decompresses. Our transport can cancel, pools connections, reaches loopback, and keeps the body of a failed reply as
 * it came. Callers decide about retries.
 */
export class SdkClient extends sls.default {
  readonly #transport: Transport;
  readonly #slsEndpoint: Endpoint;

  constructor(endpoint: Endpoint, transport: Transport) {
    super({
      endpoint: endpoint.authority,
      protocol: endpoint.protocol,
      userAgent: 'sls-metrics-adapter',
      // Each query brings its own. Without this, the SDK would look for credentials.
      credential: {},
    } as unknown as $OpenApiUtil.Config);
    this.#transport = transport;
    this.#slsEndpoint = endpoint;
  }

  /** @throws AdapterError of the transport or of the reply; `SlsResultTooLarge`, `SlsReplyInvalid` */
  async queryLogs(
    { project, logstore, fromSeconds: from, toSeconds: to, query }: SdkQuery,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<GetLogsV2Response> {
    try {
      return await this.getLogsV2WithOptions(
        project,
        logstore,
        new sls.GetLogsV2Request({ from, to, query }),
        new sls.GetLogsV2Headers({}),
        new QueryOptions(credentials, signal, { project, logstore }),
      );
    } catch (thrown) {
      if (thrown instanceof AdapterError) throw thrown;
      // The message of a SyntaxError quotes the reply, which may contain anything.
      const why =
        thrown instanceof SyntaxError ? 'it is not JSON' : withoutKey(messageOf(thrown), credentials);
      const where = logstoreName({ project, logstore });
      throw new AdapterError('SlsReplyInvalid', `SLS, ${where}: the reply cannot be read: ${why}`);
    }
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
    const { method, pathname, query = {}, headers = {}, hostMap, stream } = context.request;
    const reply = await this.#transport.send({
      endpoint: this.#slsEndpoint,
      project: hostMap?.['project'] ?? '',
      method,
      path: Object.keys(query).length === 0 ? pathname : `${pathname}?${stringify(query)}`,
      headers,
      body: await buffer(stream ?? Readable.from([])),
      signal: runtime.signal,
    });
    if (reply.statusCode >= 400) throw replyError(reply, runtime.address, runtime.credentials);
    if (Number(reply.headers['x-log-bodyrawsize']) > maxResultBytes)
      throw new AdapterError(
        'SlsResultTooLarge',
        `SLS, ${logstoreName(runtime.address)}: the result has more than ${maxResultBytes} bytes`,
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
        ...params.toMap(),
        productId: this._productId,
        protocol: this._protocol,
        credential,
        userAgent: this._userAgent,
      }),
      configuration: new spi.InterceptorContextConfiguration({ regionId: '', endpoint: this._endpoint }),
    });
  }
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
