import type { TransportReply } from './transport.ts';

/** What a failed request said, before anybody has judged it. */
export class SlsHttpError extends Error {
  override readonly name = 'SlsHttpError';
  readonly statusCode: number;
  readonly headers: TransportReply['headers'];
  readonly body: Buffer;

  constructor({ statusCode, headers, body }: TransportReply) {
    super(`SLS answered ${statusCode}`);
    this.statusCode = statusCode;
    this.headers = headers;
    this.body = body;
  }
}
