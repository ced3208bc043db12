import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';

interface StreamEvent {
  readonly name: string;
  readonly data: unknown;
}

/** As EventSource in a browser, without reconnecting. */
interface EventStream extends AsyncDisposable {
  readonly statusCode: number;
  readonly events: readonly StreamEvent[];
  /** How many heartbeats came; `events` does not contain them. */
  readonly heartbeats: number;
  readonly ended: boolean;
  /** Stops reading, so that unread data piles up. */
  stall(): void;
  text(): string;
}

export async function openEvents(url: string): Promise<EventStream> {
  const request = http.get(`${url}/events`, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  let ended = false;
  response.on('data', (chunk: string) => (text += chunk));
  response.on('error', () => undefined);
  response.on('close', () => (ended = true));
  return {
    statusCode: response.statusCode ?? 0,
    get events() {
      return eventsIn(text).filter(({ name }) => name !== 'alive');
    },
    get heartbeats() {
      return eventsIn(text).filter(({ name }) => name === 'alive').length;
    },
    get ended() {
      return ended;
    },
    stall: () => void response.pause(),
    text: () => text,
    [Symbol.asyncDispose]: async () => {
      response.destroy();
      if (!ended) await once(response, 'close');
    },
  };
}

/** Source: https://html.spec.whatwg.org/multipage/server-sent-events.html */
function eventsIn(text: string): StreamEvent[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const { name, data } = /^event: (?<name>\w+)\ndata: (?<data>.*)$/.exec(block)?.groups ?? {};
    return name === undefined || data === undefined ? [] : [{ name, data: JSON.parse(data) as unknown }];
  });
}
