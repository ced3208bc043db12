import { hasRoute } from './json-form.ts';
import { parseJsonObject, type JsonObject } from './json-text.ts';
import { parseIsoTime } from './log-time.ts';

/** A line without what a container runtime, kubectl or a log shipper put around it. */
export interface Unwrapped {
  readonly text: string;
  /** The time of the outer wrapper, Unix seconds. */
  readonly timeSeconds?: number;
  /** True for a line of standard error. ACK's collector reads standard output alone. */
  readonly isStandardError: boolean;
  /** True for a part of a long line, which the next line continues. */
  readonly isPartial: boolean;
}

/** `kubectl logs --prefix`: `[pod/name/container] `. */
const kubectlPrefix = /^\[pod\/[^\]]+\] /;

/** `kubectl logs --timestamps`, `docker logs -t`: a time. A file of a CRI runtime has the stream and a tag after it. */
const timestamp =
  /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})) (?:(stdout|stderr) ([FP])\S* )?/;

/** The keys of a line in the JSON of a container runtime or a log shipper: docker, fluent-bit, filebeat, SLS. */
const lineKeys = ['log', 'message', 'msg', 'content'];

/** More wrappers than a line has. */
const maxDepth = 4;

/** Peels the wrappers off a line. A line without one is returned as it is. */
export function unwrap(line: string): Unwrapped {
  let result: Unwrapped = { text: line.replace(/^\uFEFF/, ''), isStandardError: false, isPartial: false };
  for (let depth = 0; depth < maxDepth; depth += 1) {
    const inner = peel(result);
    if (inner === undefined) break;
    result = inner;
  }
  return result;
}

function peel(outer: Unwrapped): Unwrapped | undefined {
  const { text } = outer;
  const prefix = kubectlPrefix.exec(text)?.[0];
  if (prefix !== undefined) return { ...outer, text: text.slice(prefix.length) };
  const [stamp, time = '', stream, tag] = timestamp.exec(text) ?? [];
  if (stamp !== undefined) {
    return {
      ...withTime(outer, time),
      text: text.slice(stamp.length),
      isStandardError: outer.isStandardError || stream === 'stderr',
      isPartial: outer.isPartial || tag === 'P',
    };
  }
  const object = parseJsonObject(text);
  return object === undefined || hasRoute(object) ? undefined : peelJson(outer, object);
}

function peelJson(outer: Unwrapped, object: JsonObject): Unwrapped | undefined {
  const key = lineKeys.find((name) => typeof object[name] === 'string');
  if (key === undefined) return undefined;
  const text = object[key] as string;
  const time = object['time'] ?? object['@timestamp'] ?? object['timestamp'];
  // The json-file driver of docker ends each line with a newline. A part of a long line has none.
  const isDocker = key === 'log' && typeof object['stream'] === 'string';
  return {
    ...withTime(outer, typeof time === 'string' ? time : ''),
    text: text.replace(/\r?\n$/, ''),
    isStandardError: outer.isStandardError || object['stream'] === 'stderr',
    isPartial: outer.isPartial || (isDocker && !('kubernetes' in object) && !text.endsWith('\n')),
  };
}

function withTime(outer: Unwrapped, text: string): Unwrapped {
  const timeSeconds = parseIsoTime(text);
  return timeSeconds === undefined || outer.timeSeconds !== undefined ? outer : { ...outer, timeSeconds };
}
