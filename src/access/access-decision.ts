import { createAccessCheck, type AccessPolicy, type AccessRead } from './access-check.ts';
import type { AccessRule } from './access-rules.ts';
import { patternCovers } from './patterns.ts';

/**
 * Returns the outcome of a check: `refusal` if the read is refused, and `allowedBy`, for each route the name of the first
 * rule that allows it.
 */
export function decideAccess(policy: AccessPolicy, read: AccessRead) {
  const { ownRoutesOnly, rules } = policy;
  const refusal = createAccessCheck(policy)(read);
  if (refusal !== undefined) return { refusal, ownRoutesOnly, allowedBy: [] };
  const allows = (rule: AccessRule, route: string | undefined) => {
    const routes = route === undefined ? undefined : [route];
    return createAccessCheck({ ...policy, rules: [rule] })({ ...read, routes }) === undefined;
  };
  const { routes = [undefined] } = read;
  const names = routes.flatMap((route) => rules.find((rule) => allows(rule, route))?.name ?? []);
  return { refusal, ownRoutesOnly, allowedBy: [...new Set(names)] };
}

/** Is in no name, so that only a `*` matches it. */
const anyText = '\0';

/**
 * Returns who may read what the read asks for, as names and patterns, by what allows it (undefined: no rules). It looks at
 * namespaces that the policy names, and at those whose name the routes, the project or the logstore contain.
 */
export function readersOf(policy: AccessPolicy, read: AccessRead) {
  const patterns = [...policy.rules.flatMap(({ namespaces }) => namespaces), '*'];
  const inNames = [read.project, read.logstore, ...(read.routes ?? [])].flatMap(partsOf);
  const names = new Set([...patterns, ...policy.knownNamespaces, read.namespace, ...inNames]);
  const decided = [...names].map((name) => {
    const namespace = name.replaceAll('*', anyText);
    return { name, ...decideAccess(policy, { ...read, namespace }) };
  });
  const allowed = decided.filter(({ refusal }) => refusal === undefined);
  const distinct = allowed.filter(
    ({ name }) => !allowed.some((one) => one.name !== name && patternCovers(one.name, name)),
  );
  const byReason = Map.groupBy(distinct, ({ allowedBy, ownRoutesOnly }) =>
    allowedBy.length > 0
      ? allowedBy.map((rule) => `rule "${rule}"`).join(' and ')
      : ownRoutesOnly
        ? 'access.ownRoutesOnly'
        : undefined,
  );
  return [...byReason].map(([allowedBy, all]) => ({ namespaces: all.map(({ name }) => name), allowedBy }));
}

/** Returns the texts between any two hyphens: namespaces that a pattern with a placeholder may mean. */
function partsOf(name: string): string[] {
  const words = name.split('-');
  return words
    .flatMap((_, start) => words.map((__, end) => words.slice(start, end + 1).join('-')))
    .filter(Boolean);
}
