import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { stringify } from 'yaml';

/** The media types of objects. The first one is used if the client has no preference. */
export const objectMediaTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
] as const;

export type ObjectMediaType = (typeof objectMediaTypes)[number];

/** The form of a response body. */
export interface Representation<MediaType extends ObjectMediaType = ObjectMediaType> {
  readonly mediaType: MediaType;
  /** Indented; JSON only. */
  readonly pretty: boolean;
}

/** An object with a kind, as in JSON. */
export interface KubernetesObject {
  readonly kind: EncodableKind;
  readonly apiVersion: string;
}

/** Encodes JSON as Kubernetes does: compact, or indented for people, with a newline at the end. */
export function encodeJson(body: unknown, pretty: boolean): Buffer {
  return Buffer.from(`${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`);
}

/** Quotes every string, because YAML 1.1 and 1.2 disagree whether a plain `10`, `on` or `0o7` is one. */
export function encodeYaml(body: unknown): Buffer {
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 } as const;
  return Buffer.from(stringify(body, { ...options, aliasDuplicateObjects: false }));
}

export function encodeObject(object: KubernetesObject, { mediaType, pretty }: Representation): Buffer {
  switch (mediaType) {
    case 'application/json':
      return encodeJson(object, pretty);
    case 'application/yaml':
      return encodeYaml(object);
    case 'application/vnd.kubernetes.protobuf':
      return encodeProtobuf(object);
  }
}

/**
 * Protobuf as Kubernetes writes it: a magic prefix, then the object in a `runtime.Unknown` that names its kind. The
 * bytes are those of Go: fields in the order of their numbers, empty strings and zeros included, map entries by key.
 *
 * Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf, and the generated.proto files of
 * k8s.io/apimachinery/pkg/{runtime,apis/meta/v1,api/resource} and k8s.io/metrics/pkg/apis/external_metrics/v1beta1.
 */
const magic = Buffer.from('k8s\0');

/** `time`, `quantity` and `stringList` are plain values in JSON and messages in protobuf. */
type FieldType = 'string' | 'integer' | 'stringMap' | 'time' | 'quantity' | 'stringList';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType | Message;
  readonly repeated?: true;
}

/** In the order of the field numbers, without the repeated fields that are always empty here. */
type Message = readonly Field[];

const field = (name: string, number: number, type: Field['type']): Field => ({ name, number, type });
const string = (name: string, number: number) => field(name, number, 'string');
const repeated = (name: string, number: number, type: Field['type']): Field => ({
  ...field(name, number, type),
  repeated: true,
});

const stringList = [repeated('items', 1, 'string')];
const listMeta = [string('selfLink', 1), string('resourceVersion', 2), string('continue', 3)];

const externalMetricValue = [
  string('metricName', 1),
  field('metricLabels', 2, 'stringMap'),
  field('timestamp', 3, 'time'),
  field('window', 4, 'integer'),
  field('value', 5, 'quantity'),
];

const statusCause = [string('reason', 1), string('message', 2), string('field', 3)];
const statusDetails = [
  string('name', 1),
  string('group', 2),
  string('kind', 3),
  repeated('causes', 4, statusCause),
  field('retryAfterSeconds', 5, 'integer'),
  string('uid', 6),
];

const groupVersionForDiscovery = [string('groupVersion', 1), string('version', 2)];
const apiGroup = [
  string('name', 1),
  repeated('versions', 2, groupVersionForDiscovery),
  field('preferredVersion', 3, groupVersionForDiscovery),
];
const apiResource = [
  string('name', 1),
  field('namespaced', 2, 'integer'),
  string('kind', 3),
  field('verbs', 4, 'stringList'),
  string('singularName', 6),
  string('group', 8),
  string('version', 9),
  string('storageVersionHash', 10),
];

const messages = {
  ExternalMetricValueList: [field('metadata', 1, listMeta), repeated('items', 2, externalMetricValue)],
  Status: [
    field('metadata', 1, listMeta),
    string('status', 2),
    string('message', 3),
    string('reason', 4),
    field('details', 5, statusDetails),
    field('code', 6, 'integer'),
  ],
  APIGroupList: [repeated('groups', 1, apiGroup)],
  APIGroup: apiGroup,
  APIResourceList: [string('groupVersion', 1), repeated('resources', 2, apiResource)],
} as const;

/** The kinds that can be encoded. */
export type EncodableKind = keyof typeof messages;

type Fields = Readonly<Record<string, unknown>>;

/** @param object as in JSON */
export function encodeProtobuf(object: {
  readonly kind: EncodableKind;
  readonly apiVersion: string;
}): Buffer {
  const { kind, apiVersion } = object;
  const unknown = new BinaryWriter();
  startNested(unknown, 1);
  writeString(unknown, 1, apiVersion);
  writeString(unknown, 2, kind);
  unknown.join();
  startNested(unknown, 2);
  writeMessage(unknown, messages[kind], object);
  unknown.join();
  writeString(unknown, 3, ''); // contentEncoding
  writeString(unknown, 4, ''); // contentType
  return Buffer.concat([magic, unknown.finish()]);
}

function writeMessage(writer: BinaryWriter, fields: Message, values: Fields): void {
  for (const field of fields) {
    const value = values[field.name];
    const items = field.repeated === true ? ((value ?? []) as readonly unknown[]) : [value];
    for (const item of items) writeField(writer, field, item);
  }
}

function writeField(writer: BinaryWriter, { number, type }: Field, value: unknown): void {
  if (type === 'string') writeString(writer, number, (value ?? '') as string);
  else if (type === 'integer') writeInteger(writer, number, Number(value ?? 0));
  else if (type === 'stringMap') writeStringMap(writer, number, value as Readonly<Record<string, string>>);
  else {
    startNested(writer, number);
    if (type === 'time') writeTime(writer, value as string);
    else if (type === 'quantity') writeString(writer, 1, value as string);
    else if (type === 'stringList') writeMessage(writer, stringList, { items: value });
    else writeMessage(writer, type, (value ?? {}) as Fields);
    writer.join();
  }
}

/** Each entry is a message of key and value. */
function writeStringMap(writer: BinaryWriter, number: number, map: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(map).sort()) {
    startNested(writer, number);
    writeString(writer, 1, key);
    writeString(writer, 2, map[key] ?? '');
    writer.join();
  }
}

/** Whole seconds: as in JSON, Kubernetes drops the nanoseconds. */
function writeTime(writer: BinaryWriter, text: string): void {
  writeInteger(writer, 1, Date.parse(text) / 1000);
  writeInteger(writer, 2, 0);
}

/** `join` of the writer ends it. */
function startNested(writer: BinaryWriter, number: number): void {
  writer.tag(number, WireType.LengthDelimited).fork();
}

function writeString(writer: BinaryWriter, number: number, text: string): void {
  writer.tag(number, WireType.LengthDelimited).string(text);
}

/**
 * @param value an int32, int64 or bool, not negative
 * @throws RangeError unless it is an integer from 0 to 2^53 − 1
 */
function writeInteger(writer: BinaryWriter, number: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} cannot be a varint`);
  writer.tag(number, WireType.Varint).uint64(value);
}
