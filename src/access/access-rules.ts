import { matchPattern, patternFor, type Match, type Reader } from './patterns.ts';

/** What some namespaces may read. A list that is left out restricts nothing. */
export interface AccessRule {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly projects?: readonly string[] | undefined;
  readonly logstores?: readonly string[] | undefined;
  /** Left out: every route, and the whole logstore too. Given: never the whole logstore. */
  readonly routes?: readonly string[] | undefined;
}

/** One route of a read, or the whole logstore. */
export interface RouteRead extends Reader {
  readonly project: string;
  readonly logstore: string;
  readonly route: string | undefined;
  /** Other namespaces that the route may belong to: also the one in the selector. */
  readonly otherRouteNamespaces: readonly string[];
}

/** Returns why one route is refused, in words; undefined: a rule allows it, or there are no rules. */
export function refusalByRules(rules: readonly AccessRule[], read: RouteRead): string | undefined {
  if (rules.length === 0) return undefined;
  const { namespace } = read;
  const applicable = rules.filter(({ namespaces }) => bestMatch(namespaces, namespace, read) === true);
  if (applicable.length === 0) return `no access rule is for namespace "${namespace}"`;
  const refusals = applicable.map((rule) => refusalBy(rule, read));
  if (refusals.includes(undefined)) return undefined;
  // The rule that allows most of the read explains the most.
  const [nearest, ...others] = refusals
    .filter((refusal) => refusal !== undefined)
    .toSorted((one, other) => other.passed - one.passed);
  const names = shorten(others.map(({ name }) => `"${name}"`));
  return `by access rule ${nearest?.why}${names === '' ? '' : `; nor is it allowed by ${names}`}`;
}

/** Returns why the rule refuses the read, and how many of its lists allow it; undefined: the rule allows it. */
function refusalBy(rule: AccessRule, read: RouteRead) {
  const { name } = rule;
  const { namespace } = read;
  for (const [passed, list] of (['projects', 'logstores', 'routes'] as const).entries()) {
    const patterns = rule[list];
    if (patterns === undefined) continue;
    const otherNamespaces = list === 'routes' ? read.otherRouteNamespaces : read.otherNamespaces;
    const match = bestMatch(patterns, read[singular[list]], { namespace, otherNamespaces });
    if (match === true) continue;
    const allowed = `${list} ${shorten(patterns.map((pattern) => patternFor(pattern, namespace)))}`;
    const why = `"${name}", namespace "${namespace}" may read ${allowed}, not ${asked[list](read)}${ownerOf(match)}`;
    return { name, passed, why };
  }
  return undefined;
}

const singular = { projects: 'project', logstores: 'logstore', routes: 'route' } as const;

/** What the read asks for, in words that follow "not". */
export const asked = {
  projects: ({ project }: RouteRead) => `project "${project}"`,
  logstores: ({ logstore }: RouteRead) => `logstore "${logstore}"`,
  routes: ({ route, logstore }: RouteRead) =>
    route === undefined ? `the whole logstore "${logstore}"` : `route "${route}"`,
};

/** Returns whose it is instead, in words that follow what was asked. */
export const ownerOf = (match: Match) =>
  typeof match === 'object' ? `, which belongs to namespace "${match.belongsTo}"` : '';

function bestMatch(patterns: readonly string[], text: string | undefined, reader: Reader): Match {
  if (text === undefined) return false;
  const matches = patterns.map((pattern) => matchPattern(pattern, text, reader));
  return matches.includes(true) || (matches.find((match) => match !== false) ?? false);
}

/** How many patterns or names a refusal shows. */
const maxShown = 5;

const shorten = (texts: readonly string[]) =>
  [...texts.slice(0, maxShown), ...(texts.length > maxShown ? ['…'] : [])].join(', ');
