import { KubeError, isRecord } from './kube-error.ts';

/** An event of a watch. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** The object; of BOOKMARK its resourceVersion alone; of ERROR a Status. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** etcd takes objects up to 1.5 MiB. */
const maxLineLength = 8 * 1024 * 1024;
const types: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/**
 * The events of a watch, one JSON object a line.
 *
 * @param silenceMs the longest time without a byte, which a bookmark a minute breaks
 * @throws KubeError `timeout` after a silence, `reply` where a line is no event; what the stream throws
 */
export async function* watchEvents(
  body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown },
  silenceMs: number,
): AsyncGenerator<WatchEvent, void, undefined> {
  const decoder = new TextDecoder();
  const silence = () =>
    body.destroy(new KubeError('timeout', `the watch was silent for ${silenceMs / 1000} s`));
  let timer = setTimeout(silence, silenceMs);
  let rest = '';
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = setTimeout(silence, silenceMs);
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLineLength) throw new KubeError('reply', 'a line of the watch does not end');
      for (const line of lines) if (line.trim() !== '') yield eventOf(line);
    }
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

function eventOf(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw new KubeError('reply', 'a line of the watch is not JSON');
  }
  if (!isRecord(event) || !types.has(event['type']) || !isRecord(event['object']))
    throw new KubeError('reply', 'a line of the watch is not an event');
  return { type: event['type'] as WatchEvent['type'], object: event['object'] };
}
