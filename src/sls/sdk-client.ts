import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { stringify } from 'node:querystring';
import * as spi from '@alicloud/gateway-spi';
import type { $OpenApiUtil } from '@alicloud/openapi-core';
import type slsModule from '@alicloud/sls20201230';
import * as dara from '@darabonba/typescript';
import type { Credentials } from './credentials/credentials.ts';
import type { Endpoint, LogstoreAddress } from './endpoint.ts';
import { logstoreName } from '../metric/series.ts';
import { unpacked, unpackedBytesOf, type ReplyRooms } from './large-replies.ts';
import { readReply, type LogResult } from './read-reply.ts';
import { replyError } from './sls-error.ts';
import { untilCanceled, type Transport } from './transport.ts';

/** By `require`: an import makes Node read each of its 500 modules once more for their exported names, and keep them. */
const sls = createRequire(import.meta.url)('@alicloud/sls20201230') as typeof slsModule;

/** Carries what belongs to one query. The SDK passes its runtime options to `execute` unchanged. */
class QueryOptions extends dara.RuntimeOptions {
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  /** For messages. */
  readonly address: Omit<LogstoreAddress, 'endpoint'>;
  result: LogResult | undefined;

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
 * The SDK's client with its one network method, `execute`, replaced by our transport. The SDK still builds and signs. Our
 * transport can cancel, pools connections, reaches loopback, and keeps the body of a failed reply as it came. We unpack
 * and read replies within bounds. Callers decide about retries.
 */
export class SdkClient extends sls.default {
  readonly #transport: Transport;
  readonly #rooms: ReplyRooms;
  readonly #slsEndpoint: Endpoint;

  /** @param rooms shared by the clients of all endpoints */
  constructor(endpoint: Endpoint, transport: Transport, rooms: ReplyRooms) {
    super({
      endpoint: endpoint.authority,
      protocol: endpoint.protocol,
      userAgent: 'sls-metrics-adapter',
      // Each query brings its own. Without this, the SDK would look for credentials.
      credential: {},
    } as unknown as $OpenApiUtil.Config);
    this.#transport = transport;
    this.#rooms = rooms;
    this.#slsEndpoint = endpoint;
  }

  /** @throws AdapterError of the transport or of the reply; `SlsIncomplete`, `SlsResultTooLarge`, `SlsReplyInvalid` */
  async queryLogs(
    { project, logstore, fromSeconds: from, toSeconds: to, query }: SdkQuery,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<LogResult> {
    const options = new QueryOptions(credentials, signal, { project, logstore });
    const request = new sls.GetLogsV2Request({ from, to, query });
    await this.getLogsV2WithOptions(project, logstore, request, new sls.GetLogsV2Headers({}), options);
    if (options.result === undefined) throw new TypeError('the SDK sent no request');
    return options.result;
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
    const { address, signal, credentials } = runtime;
    using room = this.#rooms.of(address.project);
    const reply = await this.#transport.send({
      endpoint: this.#slsEndpoint,
      project: hostMap?.['project'] ?? '',
      method,
      path: Object.keys(query).length === 0 ? pathname : `${pathname}?${stringify(query)}`,
      headers,
      body: await buffer(stream ?? Readable.from([])),
      signal,
      grow: (bytes) => room.grow(bytes),
    });
    if (reply.statusCode >= 400) throw replyError(reply, address, credentials);
    const where = logstoreName(address);
    await untilCanceled(room.grow(unpackedBytesOf(reply, where) ?? 0), signal);
    runtime.result = await room.read(
      async () => readReply(await unpacked(reply, where), reply.headers, where),
      signal,
    );
    return { headers: {}, statusCode: reply.statusCode, body: {} };
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
