import { setTimeout as sleep } from 'node:timers/promises';
import { KubeError } from './kube-error.ts';
import { isRecord, jsonOf, type KubeObject } from './kube-object.ts';
import { hasTooManyValues } from './large-json.ts';

/** An event of a watch. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** BOOKMARK: an object with only a resourceVersion. ERROR: a Status. */
  readonly object: KubeObject;
}

/** An event has one object, see `mostObjectBytes`. @bound - | {maxLineLength} characters | - | a constant */
const maxLineLength = 10 * 1024 * 1024;
/** An event takes less, unless it is as long as etcd allows: then V8 may need a third of a second for it. */
const shortMs = 20;
const eventTypes: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/**
 * Yields the events of a watch, one per line. An incomplete last line is dropped.
 *
 * After one that took long, it pauses for as long as that: reads are answered meanwhile, however often a tenant changes such an object.
 *
 * @param heard called with each chunk
 * @param pause default: by timers
 * @throws KubeError `reply` at a line that is not an event, `size` at one that is too long or has too many values; what the stream throws
 */
export async function* watchEvents(
  chunks: AsyncIterable<Uint8Array>,
  heard: () => void,
  pause: (pauseMs: number) => Promise<void> = sleep,
): AsyncGenerator<WatchEvent, void, undefined> {
  const decoder = new TextDecoder();
  /** @bound one line | {maxLineLength} characters | - | a constant */
  let rest = '';
  for await (const chunk of chunks) {
    heard();
    // Only the new text is searched, so that a long line in many chunks takes no longer than its length.
    const [end = '', ...lines] = decoder.decode(chunk, { stream: true }).split('\n');
    rest += end;
    if (rest.length > maxLineLength) throw new KubeError('size', 'a line of the watch does not end');
    for (const next of lines) {
      const startMs = performance.now();
      if (rest.trim() !== '') yield eventOf(rest);
      const tookMs = performance.now() - startMs;
      if (tookMs > shortMs) await pause(tookMs);
      rest = next;
    }
  }
}

function eventOf(line: string): WatchEvent {
  if (hasTooManyValues(line)) throw new KubeError('size', 'a line of the watch has too many values');
  const event = jsonOf(line);
  if (event === undefined) throw new KubeError('reply', 'a line of the watch is not JSON');
  if (!isRecord(event) || !eventTypes.has(event['type']) || !isRecord(event['object']))
    throw new KubeError('reply', 'a line of the watch is not an event');
  return { type: event['type'] as WatchEvent['type'], object: event['object'] };
}
