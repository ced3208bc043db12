import type { FastifyReply } from 'fastify';
import { oneLine } from '../read/kubernetes-status.ts';
import { sendBytes } from '../read/representation.ts';
import type { RegisterGet } from './server.ts';

/** One condition of health. `?exclude=` and the sub-path name it. */
export interface HealthCheck {
  readonly name: string;
  /** Returns the reason of a failure in a few words; undefined: the check passes. */
  readonly failure: () => string | undefined;
}

/** Passes as long as the server answers at all. */
export const pingCheck: HealthCheck = { name: 'ping', failure: () => undefined };

/**
 * Serves `/{name}` over all checks, with `?verbose` and `?exclude=CHECK`, and `/{name}/{check}` for each check.
 *
 * Source: k8s.io/apiserver/pkg/server/healthz, whose wording this is. Unlike there, the reason of a failure is shown.
 */
export function registerProbe(get: RegisterGet, name: string, checks: readonly HealthCheck[]): void {
  get(`/${name}`, (request, reply) => {
    const { verbose, exclude } = request.query as { readonly verbose?: unknown; readonly exclude?: unknown };
    const excluded = [exclude ?? []].flat().map(String);
    const results = checks.map((check) => resultOf(check, excluded.includes(check.name)));
    const hasFailed = results.some(({ failure }) => failure !== undefined);
    if (!hasFailed && verbose === undefined) return sendText(reply, 200, 'ok');
    const unknown = excluded.filter((one) => !checks.some((check) => check.name === one));
    const lines = [
      ...results.map(({ line }) => line),
      ...unknown.map((one) => `warn: some health checks cannot be excluded: no matches for "${one}"`),
      `${name} check ${hasFailed ? 'failed' : 'passed'}`,
    ];
    return sendText(reply, hasFailed ? 500 : 200, `${lines.map(oneLine).join('\n')}\n`);
  });
  for (const check of checks)
    get(`/${name}/${check.name}`, (_, reply) => {
      const failure = check.failure();
      if (failure === undefined) return sendText(reply, 200, 'ok');
      return sendText(reply, 500, `internal server error: ${failure}\n`);
    });
}

function resultOf(check: HealthCheck, isExcluded: boolean) {
  const { name } = check;
  if (isExcluded) return { failure: undefined, line: `[+]${name} excluded: ok` };
  const failure = check.failure();
  return { failure, line: failure === undefined ? `[+]${name} ok` : `[-]${name} failed: ${failure}` };
}

function sendText(reply: FastifyReply, code: number, text: string): FastifyReply {
  reply.code(code).header('x-content-type-options', 'nosniff');
  return sendBytes(reply, 'text/plain; charset=utf-8', Buffer.from(text));
}
