import protobuf from 'protobufjs';

/** A field of a log, or a tag of the group. */
export interface Pair {
  readonly Key: string;
  readonly Value: string;
}

/** The body of a PutLogs request (SLS API reference, "Log group"). `Time` is in Unix seconds. */
export interface LogGroup {
  readonly Logs: readonly { readonly Time: number; readonly Contents: readonly Pair[] }[];
  readonly Topic: string;
  readonly Source: string;
  readonly LogTags: readonly Pair[];
}

const pairFields = {
  Key: { id: 1, type: 'string', rule: 'required' },
  Value: { id: 2, type: 'string', rule: 'required' },
};

const logGroupType = protobuf.Root.fromJSON({
  nested: {
    Content: { fields: pairFields },
    LogTag: { fields: pairFields },
    Log: {
      fields: {
        Time: { id: 1, type: 'uint32', rule: 'required' },
        Contents: { id: 2, type: 'Content', rule: 'repeated' },
        TimeNs: { id: 4, type: 'fixed32' },
      },
    },
    LogGroup: {
      fields: {
        Logs: { id: 1, type: 'Log', rule: 'repeated' },
        Category: { id: 2, type: 'string' },
        Topic: { id: 3, type: 'string' },
        Source: { id: 4, type: 'string' },
        MachineUUID: { id: 5, type: 'string' },
        LogTags: { id: 6, type: 'LogTag', rule: 'repeated' },
      },
    },
  },
}).lookupType('LogGroup');

/**
 * Decodes one uncompressed LogGroup.
 *
 * @throws Error if it is truncated, or lacks a required field
 */
export function decodeLogGroup(raw: Buffer): LogGroup {
  try {
    const message = logGroupType.decode(raw);
    return logGroupType.toObject(message, { arrays: true, defaults: true }) as LogGroup;
  } catch (cause) {
    throw new Error(
      `the body is not a protobuf LogGroup: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
