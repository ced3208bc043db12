import type { AdapterError } from '../errors.ts';
import { createAccessJudge, type AccessPolicy, type NamedRead } from './access-rules.ts';

/** Whether a read is let through, and by what. */
export interface AccessDecision {
  /** `AccessDenied`; undefined: it is allowed. */
  readonly refusal: AdapterError | undefined;
  /** Whether `access.ownRoutesOnly` has a say. */
  readonly ownRoutesOnly: boolean;
  /** Names of rules: for each route the first that allows it. None: there are no rules, or it is refused. */
  readonly allowedBy: readonly string[];
}

/** What `createAccessJudge` says of a read, and the first rule that allows each of its routes. */
export function decideAccess(policy: AccessPolicy, read: NamedRead): AccessDecision {
  const { ownRoutesOnly, rules } = policy;
  const refusal = createAccessJudge(policy)(read);
  const { routes = [undefined] } = read.request;
  const allows = (rule: (typeof rules)[number], route: string | undefined) => {
    const request = { ...read.request, routes: route === undefined ? undefined : [route] };
    return createAccessJudge({ ...policy, rules: [rule] })({ ...read, request }) === undefined;
  };
  const found = routes.flatMap((route) => rules.find((rule) => allows(rule, route))?.name ?? []);
  return { refusal, ownRoutesOnly, allowedBy: refusal === undefined ? [...new Set(found)] : [] };
}
