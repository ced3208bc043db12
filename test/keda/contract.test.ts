import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  file_externalscaler as generated,
  type GetMetricsRequest,
  type ScaledObjectRef,
} from '../../src/keda/externalscaler_pb.ts';
import { kedaShareOf } from '../../src/runtime/shares.ts';
import { AdapterError, errorRegistry, type ErrorCode } from '../../src/errors.ts';
import {
  KedaClient,
  proto,
  readAsKeda,
  type GrpcFailure,
  type MetricAndActivity,
} from '../support/keda-client.ts';
import { refTo, scriptedScaler, serveScaler } from './keda-harness.ts';

const { clock, reader, finished, scaler } = scriptedScaler();
let server: Awaited<ReturnType<typeof serveScaler>>;
let client: KedaClient;

beforeAll(async () => {
  server = await serveScaler(scaler);
  client = new KedaClient(server.url);
});
afterAll(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});
afterEach(() => {
  reader.answer = [0];
  reader.reads.length = 0;
  finished.length = 0;
  clock.advance(60_000);
});

/** Returns the status and the message of a call that fails. */
async function failureOf(call: Promise<unknown>): Promise<{ code: number; details: string }> {
  const error = (await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as GrpcFailure | undefined;
  if (error === undefined) throw new Error('the call succeeded');
  return { code: error.code, details: error.details };
}

const nameOf = async (metadata = {}) => (await client.getMetricSpec(refTo(metadata)))[0]?.metricName ?? '';

describe('the messages in TypeScript', () => {
  it('are those of the proto file', () => {
    const shapeOf = (name: string) => {
      const message = proto[`externalscaler.${name}`] as unknown as {
        readonly type: { readonly field: readonly { name: string; number: number; label: string }[] };
      };
      return message.type.field.map((field) => `${field.name} ${field.number} ${field.label}`);
    };
    const labels = ['', 'LABEL_OPTIONAL', 'LABEL_REQUIRED', 'LABEL_REPEATED'];
    for (const { name, field } of generated.proto.messageType)
      expect(field.map((one) => `${one.name} ${one.number} ${labels[one.label]}`)).toEqual(shapeOf(name));
    const service = generated.proto.service[0]?.method ?? [];
    expect(service.map((method) => `${method.name} ${method.serverStreaming}`).sort()).toEqual(
      Object.entries(proto['externalscaler.ExternalScaler'] ?? {})
        .map(([name, { responseStream }]) => `${name} ${responseStream as boolean}`)
        .sort(),
    );
  });
});

describe('KEDA reads', () => {
  it.each<[string, readonly number[], MetricAndActivity, number]>([
    ['0', [0], { value: 0, isActive: false }, 0],
    ['0.0004', [0.0004], { value: 0.001, isActive: true }, 1],
    ['0.3', [0.3], { value: 0.3, isActive: true }, 1],
    ['7.875', [7.875], { value: 7.875, isActive: true }, 8],
    ['1e9', [1e9], { value: 1e9, isActive: true }, 1e9],
    ['the sum of several routes', [0.1, 0.2, 7.5750001], { value: 7.876, isActive: true }, 8],
  ])('%s exactly, and before 2.17 as the next integer', async (_, values, read, integer) => {
    reader.answer = values;
    expect(await readAsKeda(client, refTo())).toEqual(read);
    clock.advance(60_000);
    expect(await readAsKeda(client, refTo(), '2.16')).toEqual({ ...read, value: integer });
  });

  it('at most what an int64 of thousandths can hold', async () => {
    reader.answer = [1e18, 1e18];
    const [value] = await client.getMetrics(refTo(), await nameOf());
    expect(value?.metricValueFloat).toBeCloseTo(2 ** 63 / 1000, -1);
    expect(value?.metricValue).toBeCloseTo(2 ** 63 / 1000, -1);
  });

  it('a target in both forms, without reading the metric', async () => {
    const specOf = async (target: string) => (await client.getMetricSpec(refTo({ target })))[0];
    expect(await specOf('10')).toMatchObject({ targetSize: 10, targetSizeFloat: 10 });
    expect(await specOf('0.5')).toMatchObject({ targetSize: 1, targetSizeFloat: 0.5 });
    expect(await specOf('2500m')).toMatchObject({ targetSize: 3, targetSizeFloat: 2.5 });
    expect(reader.reads).toEqual([]);
  });

  it('as a reader of its own for each ScaledObject, in the namespace of the ScaledObject', async () => {
    await readAsKeda(client, refTo({}, { name: 'web', namespace: 'shop' }));
    await readAsKeda(client, refTo({}, { name: 'api', namespace: 'team' }));
    expect(reader.reads.map(({ by }) => by)).toEqual([
      { namespace: kedaShareOf('127.0.0.1', 'shop'), user: 'keda/web', longestWaitMs: 2000 },
      { namespace: kedaShareOf('127.0.0.1', 'team'), user: 'keda/api', longestWaitMs: 2000 },
    ]);
    expect(finished).toMatchObject([
      { client: 'keda', user: 'keda/web', error: undefined, source: 'cold', ageMs: 10_000 },
      { client: 'keda', user: 'keda/api' },
    ]);
  });

  it('whether it is active by the value that it has just read', async () => {
    reader.answer = [3];
    const metricName = await nameOf();
    await client.getMetrics(refTo(), metricName);
    reader.answer = [0];
    expect(await client.isActive(refTo())).toBe(true);
    expect(reader.reads).toHaveLength(1);
    clock.advance(2001);
    expect(await client.isActive(refTo())).toBe(false);
    expect(reader.reads).toHaveLength(2);
  });

  it('whether it is active after 5,000 triggers of another client, by a read of its own', async () => {
    const metricName = await nameOf();
    reader.answer = [3];
    await scaler.getMetrics({ scaledObjectRef: refTo(), metricName } as GetMetricsRequest, 'honest');
    for (let index = 0; index < 5000; index += 1)
      await scaler.isActive(refTo({}, { name: `made-up-${index}` }) as ScaledObjectRef, 'stranger');
    reader.reads.length = 0;
    expect(await scaler.isActive(refTo() as ScaledObjectRef, 'honest')).toEqual({ result: true });
    expect(await scaler.isActive(refTo() as ScaledObjectRef, 'honest')).toEqual({ result: true });
    expect(reader.reads.map(({ by }) => by.user)).toEqual(['keda/web']);
  });

  it('whether it is active after a failed read by a read of its own', async () => {
    const metricName = await nameOf();
    reader.answer = new AdapterError('SlsTimeout', 'no');
    await failureOf(client.getMetrics(refTo(), metricName));
    reader.answer = [3];
    expect(await client.isActive(refTo())).toBe(true);
  });

  it('that a value of activation is not active, and a greater one is', async () => {
    reader.answer = [5];
    expect(await client.isActive(refTo({ activation: '5' }))).toBe(false);
    clock.advance(60_000);
    reader.answer = [5.001];
    expect(await client.isActive(refTo({ activation: '5' }))).toBe(true);
  });

  it('two ScaledObjects with one metric name apart', async () => {
    const other = { name: 'api' };
    const name = await nameOf();
    expect((await client.getMetricSpec(refTo({}, other)))[0]?.metricName).toBe(name);
    reader.answer = [1];
    await client.getMetrics(refTo(), name);
    reader.answer = [0];
    await client.getMetrics(refTo({}, other), name);
    expect([await client.isActive(refTo()), await client.isActive(refTo({}, other))]).toEqual([true, false]);
  });

  it('an error for 64 unknown keys of 400 characters', async () => {
    const keys = Array.from({ length: 64 }, (_, n) => [`sls.unknown-${n}`, 'x'.repeat(400)] as const);
    const { code } = await failureOf(client.isActive(refTo(Object.fromEntries<string>(keys))));
    expect(code).toBe(status.INVALID_ARGUMENT);
  });

  it('two triggers of one ScaledObject apart', async () => {
    reader.answer = [1];
    await client.getMetrics(refTo(), await nameOf());
    reader.answer = [0];
    const other = { 'sls.query.interval': '60' };
    await client.getMetrics(refTo(other), await nameOf(other));
    expect([await client.isActive(refTo()), await client.isActive(refTo(other))]).toEqual([true, false]);
  });
});

describe('KEDA gets an error', () => {
  const codes = Object.keys(errorRegistry) as ErrorCode[];

  it.each(codes)('with the gRPC status and the words of %s, and no number', async (code) => {
    reader.answer = new AdapterError(code, 'SLS, project p: “no”');
    const error = { code: errorRegistry[code].grpcStatus, details: `${code}: ${reader.answer.message}` };
    const metricName = await nameOf();
    expect(await failureOf(client.getMetrics(refTo(), metricName))).toEqual(error);
    // The same error at once, and again once it is read anew.
    expect(await failureOf(client.isActive(refTo()))).toEqual(error);
    clock.advance(60_000);
    expect(await failureOf(client.isActive(refTo()))).toEqual(error);
    expect(await failureOf(readAsKeda(client, refTo()))).toEqual(error);
    expect(finished.every((read) => read.error === reader.answer)).toBe(true);
  });

  it('of the right class', async () => {
    const statusOf = async (code: ErrorCode) => {
      reader.answer = new AdapterError(code, 'no');
      return status[(await failureOf(client.isActive(refTo({}, { name: code })))).code];
    };
    expect(await statusOf('LabelMissing')).toBe('INVALID_ARGUMENT');
    expect(await statusOf('AccessDenied')).toBe('PERMISSION_DENIED');
    expect(await statusOf('LogstoreNotFound')).toBe('NOT_FOUND');
    expect(await statusOf('LimitExceeded')).toBe('RESOURCE_EXHAUSTED');
    expect(await statusOf('SlsThrottled')).toBe('UNAVAILABLE');
    expect(await statusOf('SlsTimeout')).toBe('UNAVAILABLE');
    expect(await statusOf('Internal')).toBe('INTERNAL');
  });

  it('for a fault of the adapter itself, without its details', async () => {
    reader.answer = new TypeError('x is not a function');
    expect(await failureOf(client.isActive(refTo()))).toMatchObject({
      code: status.INTERNAL,
      details: expect.stringMatching(/^Internal: x is not a function\. Report a bug/) as string,
    });
  });

  it('if it asks for another metric than the trigger has', async () => {
    expect(await failureOf(client.getMetrics(refTo(), 'sls-ingress-qps'))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(
        /^TriggerInvalid: KEDA asks for "sls-ingress-qps", but the metric is /,
      ) as string,
    });
    expect(await failureOf(client.getMetrics(undefined, 'x'))).toMatchObject({
      details: expect.stringMatching(/^TriggerInvalid: the request names no ScaledObject/) as string,
    });
  });

  it.each(['getMetricSpec', 'isActive'] as const)('from %s if the metadata is wrong', async (method) => {
    const error = await failureOf(client[method](refTo({ 'sls.ingress.rout': 'web' })));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(
      /^LabelUnknown: unknown label "sls\.ingress\.rout"; known are sls\.project, /,
    );
  });

  it('of 2,000 characters at most, however long a value is', async () => {
    const error = await failureOf(client.isActive(refTo({ [`sls.${'\u{1f600}'.repeat(7000)}`]: 'x' })));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details.length).toBe(2000);
  });

  it('that StreamMetricSpec is not implemented, which KEDA accepts', async () => {
    const { promise, resolve } = Promise.withResolvers<GrpcFailure>();
    const stream = client.stream('StreamMetricSpec', refTo());
    stream.on('data', () => undefined).on('error', (error: GrpcFailure) => resolve(error));
    expect((await promise).code).toBe(status.UNIMPLEMENTED);
  });
});
