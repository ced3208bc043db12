import { NamespacePattern, type Match, type Reader } from './namespace-pattern.ts';

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

/** Returns why one route is refused, in words; undefined: it is allowed. */
export type RouteCheck = (read: RouteRead) => string | undefined;

export function rulesCheck(rules: readonly AccessRule[]): RouteCheck {
  const compiled = rules.map(compileRule);
  return (read) => {
    const { namespace } = read;
    const applicable = compiled.filter(({ namespaces }) => bestMatch(namespaces, namespace, read) === true);
    if (applicable.length === 0) return `no access rule is for namespace "${namespace}"`;
    const refusals = applicable.map(({ refuse }) => refuse(read));
    if (refusals.includes(undefined)) return undefined;
    // The rule that allows most of the read explains the most.
    const [nearest, ...others] = refusals
      .filter((refusal) => refusal !== undefined)
      .toSorted((one, other) => other.passed - one.passed);
    const names = shorten(others.map(({ name }) => `"${name}"`));
    return `by access rule ${nearest?.why}${names === '' ? '' : `; nor is it allowed by ${names}`}`;
  };
}

interface RuleRefusal {
  readonly name: string;
  /** How many lists of the rule allow the read. */
  readonly passed: number;
  readonly why: string;
}

const listNames = ['projects', 'logstores', 'routes'] as const;

function compileRule({ name, namespaces, ...lists }: AccessRule) {
  const steps = listNames.flatMap((list, passed) => {
    const texts = lists[list];
    return texts === undefined ? [] : [{ list, passed, patterns: patternsOf(texts) }];
  });
  const refuse = (read: RouteRead): RuleRefusal | undefined => {
    const { namespace } = read;
    for (const { list, passed, patterns } of steps) {
      const otherNamespaces = list === 'routes' ? read.otherRouteNamespaces : read.otherNamespaces;
      const match = bestMatch(patterns, read[singular[list]], { namespace, otherNamespaces });
      if (match === true) continue;
      const allowed = `${list} ${shorten(patterns.map((pattern) => pattern.textFor(namespace)))}`;
      const why = `"${name}", namespace "${namespace}" may read ${allowed}, not ${asked[list](read)}${ownerOf(match)}`;
      return { name, passed, why };
    }
    return undefined;
  };
  return { namespaces: patternsOf(namespaces), refuse };
}

const patternsOf = (texts: readonly string[]) => texts.map((text) => new NamespacePattern(text));

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

function bestMatch(patterns: readonly NamespacePattern[], text: string | undefined, reader: Reader): Match {
  if (text === undefined) return false;
  const matches = patterns.map((pattern) => pattern.match(text, reader));
  return matches.includes(true) || (matches.find((match) => match !== false) ?? false);
}

/** How many patterns or names a refusal shows. */
const maxShown = 5;

const shorten = (texts: readonly string[]) =>
  [...texts.slice(0, maxShown), ...(texts.length > maxShown ? ['…'] : [])].join(', ');
