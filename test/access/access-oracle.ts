import type { AccessPolicy, NamedRead } from '../../src/access/access-rules.ts';

/** Says by what docs/access.md promises, with regular expressions and every split of a route, who may read what. */
export function mayRead(policy: AccessPolicy, { namespace, request, routeNamespace }: NamedRead): boolean {
  const { ownRoutesOnly, rules, knownNamespaces } = policy;
  const all = new Set(knownNamespaces);
  return (request.routes ?? [undefined]).every((route) => {
    const isOwn = route !== undefined && ownersOf(route, namespace, all, routeNamespace) === namespace;
    const isGranted = rules.some((rule) => {
      const has = (patterns: readonly string[] | undefined, text: string | undefined, stated?: string) =>
        patterns === undefined ||
        (text !== undefined && patterns.some((pattern) => isMeant(pattern, text, namespace, all, stated)));
      return (
        has(rule.namespaces, namespace) &&
        has(rule.projects, request.project) &&
        has(rule.logstores, request.logstore) &&
        has(rule.routes, route, routeNamespace)
      );
    });
    return (!ownRoutesOnly || isOwn) && (rules.length === 0 || isGranted);
  });
}

/** Of all ways to read a route as namespace, service and port, the one with the longest namespace that there is. */
function ownersOf(route: string, asker: string, known: ReadonlySet<string>, stated: string | undefined) {
  if (stated !== undefined)
    return stated === asker && longestOwner(route, asker, known) === asker ? asker : '';
  return longestOwner(route, asker, known);
}

function longestOwner(route: string, asker: string, known: ReadonlySet<string>): string | undefined {
  if (route === 'upstream-default-backend' || route.startsWith('custom-default-backend-')) return undefined;
  const words = route.split('-');
  if (!/^[a-z0-9-]+$/.test(route) || words.at(-1) === '') return undefined;
  for (let count = words.length - 2; count > 0; count -= 1) {
    const name = words.slice(0, count).join('-');
    // A service does not start with a hyphen.
    if ((name === asker || known.has(name)) && words[count] !== '') return name;
  }
  return undefined;
}

function isMeant(
  pattern: string,
  text: string,
  asker: string,
  known: ReadonlySet<string>,
  stated: string | undefined,
): boolean {
  const matchesFor = (name: string) => {
    const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('{namespace}', name);
    return new RegExp(`^${source}$`).test(text);
  };
  if (!matchesFor(asker)) return false;
  if (!pattern.includes('{namespace}')) return true;
  const others = [...known].filter((name) => name !== asker && name.length >= asker.length);
  if (stated !== undefined && stated !== asker) others.push(stated);
  return !others.some(matchesFor);
}
