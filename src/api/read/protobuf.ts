import protobuf from 'protobufjs/minimal.js';

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
  /** An absent value is left out, not written as an empty one. */
  readonly optional?: true;
  readonly repeated?: true;
}

/** In the order of the field numbers. */
type Message = readonly Field[];

const message = (...fields: Field[]): Message => fields;
const string = (name: string, number: number): Field => ({ name, number, type: 'string' });
const repeated = (name: string, number: number, type: FieldType | Message): Field => ({
  name,
  number,
  type,
  repeated: true,
});

const stringList = message(repeated('items', 1, 'string'));
const listMeta = message(string('selfLink', 1), string('resourceVersion', 2), string('continue', 3));

const externalMetricValue = message(
  string('metricName', 1),
  { name: 'metricLabels', number: 2, type: 'stringMap' },
  { name: 'timestamp', number: 3, type: 'time' },
  { name: 'window', number: 4, type: 'integer', optional: true },
  { name: 'value', number: 5, type: 'quantity' },
);

const statusCause = message(string('reason', 1), string('message', 2), string('field', 3));
const statusDetails = message(
  string('name', 1),
  string('group', 2),
  string('kind', 3),
  repeated('causes', 4, statusCause),
  { name: 'retryAfterSeconds', number: 5, type: 'integer' },
  string('uid', 6),
);

const groupVersionForDiscovery = message(string('groupVersion', 1), string('version', 2));
const apiGroup = message(
  string('name', 1),
  repeated('versions', 2, groupVersionForDiscovery),
  { name: 'preferredVersion', number: 3, type: groupVersionForDiscovery },
  repeated('serverAddressByClientCIDRs', 4, message(string('clientCIDR', 1), string('serverAddress', 2))),
);
const apiResource = message(
  string('name', 1),
  { name: 'namespaced', number: 2, type: 'integer' },
  string('kind', 3),
  { name: 'verbs', number: 4, type: 'stringList' },
  repeated('shortNames', 5, 'string'),
  string('singularName', 6),
  repeated('categories', 7, 'string'),
  string('group', 8),
  string('version', 9),
  string('storageVersionHash', 10),
);

const messages = {
  ExternalMetricValueList: message(
    { name: 'metadata', number: 1, type: listMeta },
    repeated('items', 2, externalMetricValue),
  ),
  Status: message(
    { name: 'metadata', number: 1, type: listMeta },
    string('status', 2),
    string('message', 3),
    string('reason', 4),
    { name: 'details', number: 5, type: statusDetails, optional: true },
    { name: 'code', number: 6, type: 'integer' },
  ),
  APIGroupList: message(repeated('groups', 1, apiGroup)),
  APIGroup: apiGroup,
  APIResourceList: message(string('groupVersion', 1), repeated('resources', 2, apiResource)),
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
  const unknown = protobuf.Writer.create();
  startNested(unknown, 1);
  writeString(unknown, 1, apiVersion);
  writeString(unknown, 2, kind);
  unknown.ldelim();
  startNested(unknown, 2);
  writeMessage(unknown, messages[kind], object);
  unknown.ldelim();
  writeString(unknown, 3, ''); // contentEncoding
  writeString(unknown, 4, ''); // contentType
  return Buffer.concat([magic, unknown.finish()]);
}

function writeMessage(writer: protobuf.Writer, fields: Message, values: Fields): void {
  for (const field of fields) {
    const value = values[field.name];
    if (field.repeated === true) {
      for (const item of (value ?? []) as readonly unknown[]) writeField(writer, field, item);
    } else if (value !== undefined || field.optional !== true) {
      writeField(writer, field, value);
    }
  }
}

function writeField(writer: protobuf.Writer, { number, type }: Field, value: unknown): void {
  if (type === 'string') writeString(writer, number, (value ?? '') as string);
  else if (type === 'integer') writeInteger(writer, number, Number(value ?? 0));
  else if (type === 'stringMap') writeStringMap(writer, number, value as Readonly<Record<string, string>>);
  else {
    startNested(writer, number);
    if (type === 'time') writeTime(writer, value as string);
    else if (type === 'quantity') writeString(writer, 1, value as string);
    else if (type === 'stringList') writeMessage(writer, stringList, { items: value });
    else writeMessage(writer, type, (value ?? {}) as Fields);
    writer.ldelim();
  }
}

/** Each entry is a message of key and value. */
function writeStringMap(
  writer: protobuf.Writer,
  number: number,
  map: Readonly<Record<string, string>>,
): void {
  for (const key of Object.keys(map).sort()) {
    startNested(writer, number);
    writeString(writer, 1, key);
    writeString(writer, 2, map[key] ?? '');
    writer.ldelim();
  }
}

/** Whole seconds: as in JSON, Kubernetes drops the nanoseconds. */
function writeTime(writer: protobuf.Writer, text: string): void {
  writeInteger(writer, 1, Date.parse(text) / 1000);
  writeInteger(writer, 2, 0);
}

/** Wire types of protobuf. */
const varint = 0;
const lengthDelimited = 2;

/** `ldelim` of the writer ends it. */
function startNested(writer: protobuf.Writer, number: number): void {
  writer.uint32(number * 8 + lengthDelimited).fork();
}

function writeString(writer: protobuf.Writer, number: number, text: string): void {
  writer.uint32(number * 8 + lengthDelimited).string(text);
}

/**
 * @param value an int32, int64 or bool, not negative
 * @throws RangeError unless it is an integer from 0 to 2^53 − 1
 */
function writeInteger(writer: protobuf.Writer, number: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} cannot be a varint`);
  writer.uint32(number * 8 + varint).uint64(value);
}
