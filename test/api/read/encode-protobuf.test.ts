import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { apiGroupDocument, apiGroupList, apiResourceList } from '../../../src/api/discovery/discovery.ts';
import { encodeJson, type KubernetesObject } from '../../../src/api/read/encode.ts';
import { externalMetricValueList } from '../../../src/api/read/external-metrics.ts';
import { encodeProtobuf } from '../../../src/api/read/encode.ts';
import { statusOf } from '../../../src/api/read/kubernetes-status.ts';
import { builtIn } from '../../support/catalog.ts';

/** The published definitions in one package, read by the reflective decoder of protobufjs, which the encoder does not use. */
const { root } = protobuf.parse(
  `syntax = "proto2";
  message Unknown {
    optional TypeMeta typeMeta = 1; optional bytes raw = 2;
    optional string contentEncoding = 3; optional string contentType = 4;
  }
  message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
  message ListMeta {
    optional string selfLink = 1; optional string resourceVersion = 2; optional string continue = 3;
    optional int64 remainingItemCount = 4;
  }
  message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
  message Quantity { optional string string = 1; }
  message ExternalMetricValue {
    optional string metricName = 1; map<string, string> metricLabels = 2; optional Time timestamp = 3;
    optional int64 window = 4; optional Quantity value = 5;
  }
  message ExternalMetricValueList { optional ListMeta metadata = 1; repeated ExternalMetricValue items = 2; }
  message StatusCause { optional string reason = 1; optional string message = 2; optional string field = 3; }
  message StatusDetails {
    optional string name = 1; optional string group = 2; optional string kind = 3; optional string uid = 6;
    repeated StatusCause causes = 4; optional int32 retryAfterSeconds = 5;
  }
  message Status {
    optional ListMeta metadata = 1; optional string status = 2; optional string message = 3;
    optional string reason = 4; optional StatusDetails details = 5; optional int32 code = 6;
  }
  message GroupVersionForDiscovery { optional string groupVersion = 1; optional string version = 2; }
  message ServerAddressByClientCIDR { optional string clientCIDR = 1; optional string serverAddress = 2; }
  message APIGroup {
    optional string name = 1; repeated GroupVersionForDiscovery versions = 2;
    optional GroupVersionForDiscovery preferredVersion = 3;
    repeated ServerAddressByClientCIDR serverAddressByClientCIDRs = 4;
  }
  message APIGroupList { repeated APIGroup groups = 1; }
  message Verbs { repeated string items = 1; }
  message APIResource {
    optional string name = 1; optional bool namespaced = 2; optional string kind = 3; optional Verbs verbs = 4;
    repeated string shortNames = 5; optional string singularName = 6; repeated string categories = 7;
    optional string group = 8; optional string version = 9; optional string storageVersionHash = 10;
  }
  message APIResourceList { optional string groupVersion = 1; repeated APIResource resources = 2; }`,
  { keepCase: true },
);

type Fields = Record<string, unknown>;

function decode(name: string, bytes: Uint8Array): Fields {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true, objects: true });
}

/** Decodes a response as client-go does. */
function decodeObject(bytes: Buffer): {
  readonly kind: string;
  readonly apiVersion: string;
  readonly fields: Fields;
} {
  expect(bytes.subarray(0, 4)).toEqual(Buffer.from([0x6b, 0x38, 0x73, 0x00]));
  const unknown = decode('Unknown', bytes.subarray(4)) as {
    typeMeta: { kind: string; apiVersion: string };
    raw: Uint8Array;
  };
  expect(unknown).toMatchObject({ contentEncoding: '', contentType: '' });
  return { ...unknown.typeMeta, fields: decode(unknown.typeMeta.kind, unknown.raw) };
}

const metadata = { selfLink: '', resourceVersion: '', continue: '' };
const parseJson = (object: KubernetesObject) => JSON.parse(encodeJson(object, false).toString()) as Fields;

const item = fc.record({
  labels: fc.dictionary(fc.string({ unit: 'binary', maxLength: 70 }), fc.string({ maxLength: 300 }), {
    maxKeys: 8,
  }),
  sample: fc
    .record({
      value: fc.oneof(fc.nat(), fc.double({ min: 0, noDefaultInfinity: true, noNaN: true })),
      startSeconds: fc.nat(),
      seconds: fc.integer({ min: 1, max: 3600 }),
    })
    .map(({ value, startSeconds, seconds }) => ({
      value,
      window: { startSeconds, endSeconds: startSeconds + seconds },
    })),
});

interface JsonItem extends Fields {
  readonly timestamp: string;
  readonly value: string;
}

describe('a reading in protobuf', () => {
  it('decodes by the published definitions to the values of the JSON', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), fc.array(item, { maxLength: 20 }), (name, items) => {
        const list = externalMetricValueList(name, items);
        const { kind, apiVersion, fields } = decodeObject(encodeProtobuf(list));
        const { items: jsonItems, ...json } = parseJson(list) as { items: JsonItem[] };
        expect({ kind, apiVersion, metadata: {} }).toEqual(json);
        expect(fields).toEqual({
          metadata,
          items: jsonItems.map((jsonItem) => ({
            ...jsonItem,
            timestamp: { seconds: Date.parse(jsonItem.timestamp) / 1000, nanos: 0 },
            value: { string: jsonItem.value },
          })),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('has the bytes that Go writes: fields by number, empty ones included, labels by key', () => {
    const list = externalMetricValueList('m', [
      {
        labels: { b: 'é', a: '' },
        sample: { value: 7.875, window: { startSeconds: 1_700_000_000, endSeconds: 1_700_000_300 } },
      },
    ]);
    const text = (value: string) => Buffer.from(value).toString('hex');
    const metadataBytes = '0a06' + '0a00' + '1200' + '1a00';
    const labels = '1205' + '0a0161' + '1200' + '1207' + '0a0162' + '1202c3a9';
    const time = '1a08' + '08ace4cfaa06' + '1000';
    const itemBytes = '0a016d' + labels + time + '20ac02' + '2a07' + '0a05' + text('7875m');
    const raw = metadataBytes + '1229' + itemBytes;
    const typeMeta = `0a1f${text('external.metrics.k8s.io/v1beta1')}1217${text('ExternalMetricValueList')}`;
    const expected = '6b387300' + '0a3a' + typeMeta + '1233' + raw + '1a00' + '2200';
    expect(encodeProtobuf(list).toString('hex')).toBe(expected);
  });

  it('refuses a number that is not a varint', () => {
    const status = { ...statusOf(new AdapterError('Internal', 'x')), code: -1 };
    expect(() => encodeProtobuf(status)).toThrow(RangeError);
  });
});

describe('a Status in protobuf', () => {
  it('carries code, reason, message and cause', () => {
    const status = statusOf(new AdapterError('SlsThrottled', 'SLS, project p1: Too many queued queries'));
    const { message } = status;
    expect(decodeObject(encodeProtobuf(status))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      fields: {
        metadata,
        status: 'Failure',
        message,
        reason: 'ServiceUnavailable',
        details: {
          name: '',
          group: '',
          kind: '',
          uid: '',
          retryAfterSeconds: 0,
          causes: [{ reason: 'SlsThrottled', message: '', field: '' }],
        },
        code: 503,
      },
    });
  });
});

describe('discovery in protobuf', () => {
  const cidrs = { serverAddressByClientCIDRs: [] };
  const { kind, apiVersion, ...group } = apiGroupDocument;

  it('has the groups of the JSON', () => {
    expect(decodeObject(encodeProtobuf(apiGroupDocument))).toEqual({
      kind,
      apiVersion,
      fields: { ...group, ...cidrs },
    });
    expect(decodeObject(encodeProtobuf(apiGroupList)).fields).toEqual({ groups: [{ ...group, ...cidrs }] });
  });

  it('has the resources of the JSON', () => {
    const { groupVersion, resources } = apiResourceList(builtIn);
    expect(decodeObject(encodeProtobuf(apiResourceList(builtIn)))).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      fields: {
        groupVersion,
        resources: resources.map(({ verbs, ...resource }) => ({
          ...resource,
          verbs: { items: verbs },
          shortNames: [],
          categories: [],
          group: '',
          version: '',
          storageVersionHash: '',
        })),
      },
    });
  });
});
