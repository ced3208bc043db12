import type { FastifyReply, FastifyRequest } from 'fastify';
import { oneLine } from '../read/one-line.ts';

/** One fact that health depends on, by the name that `?exclude=` and the sub-path take. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined where it holds, else why not, in a few words. */
  readonly failure: () => string | undefined;
}

/** Holds for as long as anything is answered at all. */
export const pingCheck: HealthCheck = { name: 'ping', failure: () => undefined };

type Handler = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * `/{name}` over all checks, with `?verbose` and `?exclude=CHECK`, and `/{name}/{check}` for each.
 * Source: k8s.io/apiserver/pkg/server/healthz, whose words these are; the reason of a failure is not withheld.
 */
export function registerProbe(
  get: (url: string, handler: Handler) => void,
  name: string,
  checks: readonly HealthCheck[],
): void {
  get(`/${name}`, (request, reply) => {
    const { verbose, exclude } = request.query as { readonly verbose?: unknown; readonly exclude?: unknown };
    const excluded = [exclude ?? []].flat().map(String);
    const results = checks.map((check) => ({
      name: check.name,
      failure: excluded.includes(check.name) ? undefined : check.failure(),
      excluded: excluded.includes(check.name),
    }));
    const failed = results.some(({ failure }) => failure !== undefined);
    if (!failed && verbose === undefined) return send(reply, 200, 'ok');
    const unmatched = excluded.filter((one) => !checks.some((check) => check.name === one));
    const lines = [
      ...results.map(lineOf),
      ...unmatched.map((one) => `warn: some health checks cannot be excluded: no matches for "${one}"`),
      `${name} check ${failed ? 'failed' : 'passed'}`,
    ];
    return send(reply, failed ? 500 : 200, `${lines.map(oneLine).join('\n')}\n`);
  });
  for (const check of checks) {
    get(`/${name}/${check.name}`, (_, reply) => {
      const failure = check.failure();
      return failure === undefined
        ? send(reply, 200, 'ok')
        : send(reply, 500, `internal server error: ${failure}\n`);
    });
  }
}

interface Result {
  readonly name: string;
  readonly failure: string | undefined;
  readonly excluded: boolean;
}

function lineOf({ name, failure, excluded }: Result): string {
  if (excluded) return `[+]${name} excluded: ok`;
  return failure === undefined ? `[+]${name} ok` : `[-]${name} failed: ${failure}`;
}

function send(reply: FastifyReply, code: number, text: string): FastifyReply {
  return reply
    .code(code)
    .header('content-type', 'text/plain; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-cache, private')
    .send(text);
}
