import { ProtobufWriter } from './protobuf-writer.ts';

/**
 * Protobuf as Kubernetes writes it: a magic prefix, then the object in a `runtime.Unknown` that names its kind.
 * Byte for byte what Go writes: fields by number, empty strings and zeros too, map entries by key.
 *
 * Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf, and the generated.proto files of
 * k8s.io/apimachinery/pkg/{runtime,apis/meta/v1,api/resource} and k8s.io/metrics/pkg/apis/external_metrics/v1beta1.
 */
const magic = Buffer.from('k8s\0');

/** The last three are plain in JSON and a message here: of seconds, of a string, of a list. */
type FieldType = 'string' | 'integer' | 'stringMap' | 'time' | 'quantity' | 'stringList';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType | Message;
  /** Left out where absent, instead of written empty. */
  readonly optional?: true;
  readonly repeated?: true;
}

/** Its fields by descending number, since they are written backwards. */
type Message = readonly Field[];

const message = (...fields: Field[]): Message => fields.sort((a, b) => b.number - a.number);
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
  const writer = new ProtobufWriter();
  writer.string(4, ''); // contentType
  writer.string(3, ''); // contentEncoding
  const rawMark = writer.length;
  writeMessage(writer, messages[kind], object);
  writer.delimit(2, rawMark);
  const typeMark = writer.length;
  writer.string(2, kind);
  writer.string(1, apiVersion);
  writer.delimit(1, typeMark);
  writer.bytes(magic);
  return writer.finish();
}

function writeMessage(writer: ProtobufWriter, fields: Message, values: Fields): void {
  for (const field of fields) {
    const value = values[field.name];
    if (field.repeated === true) {
      for (const item of ((value ?? []) as readonly unknown[]).toReversed()) writeField(writer, field, item);
    } else if (value !== undefined || field.optional !== true) {
      writeField(writer, field, value);
    }
  }
}

function writeField(writer: ProtobufWriter, { number, type }: Field, value: unknown): void {
  if (type === 'string') {
    writer.string(number, (value ?? '') as string);
  } else if (type === 'integer') {
    writer.integer(number, Number(value ?? 0));
  } else if (type === 'stringMap') {
    writeStringMap(writer, number, value as Readonly<Record<string, string>>);
  } else {
    const mark = writer.length;
    if (type === 'time') writeTime(writer, value as string);
    else if (type === 'quantity') writer.string(1, value as string);
    else if (type === 'stringList') writeMessage(writer, stringList, { items: value });
    else writeMessage(writer, type, (value ?? {}) as Fields);
    writer.delimit(number, mark);
  }
}

/** Each entry is a message of key and value. */
function writeStringMap(writer: ProtobufWriter, number: number, map: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(map).sort().reverse()) {
    const mark = writer.length;
    writer.string(2, map[key] ?? '');
    writer.string(1, key);
    writer.delimit(number, mark);
  }
}

/** Whole seconds: Kubernetes leaves the nanoseconds out of protobuf, as JSON does. */
function writeTime(writer: ProtobufWriter, text: string): void {
  writer.integer(2, 0);
  writer.integer(1, Date.parse(text) / 1000);
}
