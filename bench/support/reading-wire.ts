import protobuf from 'protobufjs';
import { parseQuantity } from '../../src/grammar/quantity.ts';

/** The only item of a reading, decoded. */
export interface WireReading {
  readonly value: number;
  readonly windowSeconds: number;
  /** Unix time. */
  readonly windowEndSeconds: number;
}

/** The fields that are needed here. Source: k8s.io/metrics and k8s.io/apimachinery, the generated.proto files. */
const { root } = protobuf.parse(
  `syntax = "proto2";
  message Unknown { optional bytes raw = 2; }
  message Time { optional int64 seconds = 1; }
  message Quantity { optional string string = 1; }
  message Item { optional Time timestamp = 3; optional int64 window = 4; optional Quantity value = 5; }
  message List { repeated Item items = 2; }`,
);
const unknownType = root.lookupType('Unknown');
const listType = root.lookupType('List');
const magicBytes = 4;

interface DecodedItem {
  readonly timestamp: { readonly seconds: number };
  readonly window: number;
  readonly value: { readonly string: string };
}

/** @throws Error if the body is not an ExternalMetricValueList in protobuf with exactly one item */
export function decodeReading(body: Buffer): WireReading {
  const { raw } = unknownType.decode(body.subarray(magicBytes)) as unknown as { readonly raw: Uint8Array };
  const { items } = listType.toObject(listType.decode(raw), { longs: Number, arrays: true }) as {
    readonly items: readonly DecodedItem[];
  };
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`a reading has ${items.length} items`);
  return {
    value: parseQuantity(item.value.string),
    windowSeconds: item.window,
    windowEndSeconds: item.timestamp.seconds,
  };
}

/** Returns the readable text of a failure. A Status in protobuf is mostly text. */
export const printable = (body: Buffer) => body.toString('latin1').replace(/[^\x20-\x7e]+/g, ' ');
