import type { AggregateQuery, AggregatesByRoute } from '../../src/sls/aggregate-source.ts';
import { waitFor } from '../support/wait-for.ts';

/** One SLS request on its way, which ends as the test says, and heeds its signal as the client does. */
export interface HeldQuery {
  readonly query: AggregateQuery;
  readonly signal: AbortSignal;
  /** Gives every route asked for, or the whole logstore, that many requests. */
  readonly answer: (requests?: number) => void;
  readonly fail: (error: Error) => void;
}

/** An SLS in the hands of the test. */
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

  /** The n-th request, once it is sent; from 0. */
  nth(n: number): Promise<HeldQuery> {
    return waitFor(() => this.sent[n], 5000, `request ${n} is sent`);
  }
}
