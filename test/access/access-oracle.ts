import type { AccessPolicy, AccessRead } from '../../src/access/access-check.ts';

/** Decides a read as docs/access.md promises, in another way: with regular expressions and every split of a route. */
export function mayRead(policy: AccessPolicy, read: AccessRead): boolean {
  const { namespace, routeNamespace } = read;
  const { ownRoutesOnly, rules, knownNamespaces } = policy;
  const all = new Set(knownNamespaces);
  return (read.routes ?? [undefined]).every((route) => {
    const isOwn = route !== undefined && ownerOf(route, namespace, all, routeNamespace) === namespace;
    const isGranted = rules.some((rule) => {
      const has = (patterns: readonly string[] | undefined, text: string | undefined, stated?: string) =>
        patterns === undefined ||
        (text !== undefined && patterns.some((pattern) => isMeant(pattern, text, namespace, all, stated)));
      return (
        has(rule.namespaces, namespace) &&
        has(rule.projects, read.project) &&
        has(rule.logstores, read.logstore) &&
        has(rule.routes, route, routeNamespace)
      );
    });
    return (!ownRoutesOnly || isOwn) && (rules.length === 0 || isGranted);
  });
}

/** Of all ways to split a route into namespace, service and port: the one with the longest existing namespace. */
function ownerOf(route: string, reader: string, known: ReadonlySet<string>, stated: string | undefined) {
  if (stated !== undefined)
    return stated === reader && longestOwner(route, reader, known) === reader ? reader : '';
  return longestOwner(route, reader, known);
}

function longestOwner(route: string, reader: string, known: ReadonlySet<string>): string | undefined {
  if (route === 'upstream-default-backend' || route.startsWith('custom-default-backend-')) return undefined;
  const words = route.split('-');
  if (!/^[a-z0-9-]+$/.test(route) || words.at(-1) === '') return undefined;
  for (let count = words.length - 2; count > 0; count -= 1) {
    const name = words.slice(0, count).join('-');
    // A service does not start with a hyphen.
    if ((name === reader || known.has(name)) && words[count] !== '') return name;
  }
  return undefined;
}

function isMeant(
  pattern: string,
  text: string,
  reader: string,
  known: ReadonlySet<string>,
  stated: string | undefined,
): boolean {
  const matchesFor = (name: string) => {
    const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('{namespace}', name);
    return new RegExp(`^${source}$`).test(text);
  };
  if (!matchesFor(reader)) return false;
  if (!pattern.includes('{namespace}')) return true;
  const others = [...known].filter((name) => name !== reader && name.length >= reader.length);
  if (stated !== undefined && stated !== reader) others.push(stated);
  return !others.some(matchesFor);
}
