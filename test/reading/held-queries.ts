import type { AggregateQuery, AggregatesByRoute } from '../../src/sls/aggregate-source.ts';
import { waitFor } from '../support/wait-for.ts';

/** One SLS request that the test ends. It is rejected when its signal is aborted, as in the client. */
interface HeldQuery {
  readonly query: AggregateQuery;
  readonly signal: AbortSignal;
  /** Answers with this many requests for every route, or for the whole logstore. */
  readonly answer: (requests?: number) => void;
  readonly fail: (error: Error) => void;
}

/** Records the queries and lets the test answer them. */
export class HeldQueries {
  readonly sent: HeldQuery[] = [];

  readonly query = (query: AggregateQuery, signal: AbortSignal): Promise<AggregatesByRoute> => {
    const reply = Promise.withResolvers<AggregatesByRoute>();
    signal.addEventListener('abort', () => reply.reject(signal.reason));
    const answer = (requests = 15) => {
      const routes = query.routes ?? [undefined];
      reply.resolve(new Map(routes.map((route) => [route, { requests }])));
    };
    this.sent.push({ query, signal, answer, fail: (error) => reply.reject(error) });
    return reply.promise;
  };

  /** Resolves to the n-th request, counted from 0, once it is sent. */
  nth(n: number): Promise<HeldQuery> {
    return waitFor(() => this.sent[n], `request ${n} is sent`);
  }
}
