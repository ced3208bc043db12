import { AdapterError } from '../errors.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import { NamespacePattern, type Asker, type Match } from './namespace-pattern.ts';
import { isOwnRoute } from './own-routes.ts';

/** What some namespaces may read. A list that is left out leaves that open; `*` in a pattern is any text or none. */
export interface AccessRule {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly projects?: readonly string[] | undefined;
  readonly logstores?: readonly string[] | undefined;
  /** Left out: all, and the whole logstore as well. Given: never the whole logstore. */
  readonly routes?: readonly string[] | undefined;
}

/** Who may read what. Without the switch and without rules: all that anybody asks for. */
export interface AccessPolicy {
  /** A namespace reads its own routes only, whatever the rules say. */
  readonly ownRoutesOnly: boolean;
  /** Namespaces that there are, to tell whose a route is. Those that are not named count as not there. */
  readonly knownNamespaces: readonly string[];
  /** Where there are any, one of them must allow each route. */
  readonly rules: readonly AccessRule[];
}

/** A read, and the namespace that asks for it. */
export interface NamedRead {
  readonly namespace: string;
  readonly request: Pick<MetricRequest, 'project' | 'logstore' | 'routes'>;
  /** The namespace that the selector says the route is of; undefined: it says none. */
  readonly routeNamespace: string | undefined;
}

/** Why a read is refused (`AccessDenied`); undefined: it is allowed. */
export type AccessJudge = (read: NamedRead) => AdapterError | undefined;

/** One route of a read, or the whole logstore. */
interface Question extends Asker {
  readonly project: string;
  readonly logstore: string;
  readonly route: string | undefined;
  /** Who may be meant by the route: the rivals, and whom it was composed for. */
  readonly routeRivals: readonly string[];
}

/** Why a question is answered with no, in words; undefined: it may be asked. */
type Judgement = (question: Question) => string | undefined;

/** Source: RFC 1123 label names, which Kubernetes wants of namespaces. */
const namespaceForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function createAccessJudge({ ownRoutesOnly, knownNamespaces, rules }: AccessPolicy): AccessJudge {
  const judgements: Judgement[] = [];
  if (ownRoutesOnly) judgements.push(judgeOwnRoutes);
  if (rules.length > 0) judgements.push(judgeByRules(rules));
  if (judgements.length === 0) return () => undefined;
  return ({ namespace, request, routeNamespace }) => {
    if (!namespaceForm.test(namespace)) return denied(`${JSON.stringify(namespace)} is no namespace`);
    const { project, logstore, routes = [undefined] } = request;
    const others = knownNamespaces.filter((name) => name !== namespace);
    const rivals = others.filter((name) => name.length >= namespace.length);
    const isOthers = routeNamespace !== undefined && routeNamespace !== namespace;
    const routeRivals = isOthers ? [routeNamespace, ...rivals] : rivals;
    for (const route of routes) {
      for (const judge of judgements) {
        const why = judge({ namespace, rivals, project, logstore, route, routeRivals });
        if (why !== undefined) return denied(why);
      }
    }
    return undefined;
  };
}

const denied = (why: string) => new AdapterError('AccessDenied', `the adapter refuses this read: ${why}`);

function judgeOwnRoutes(question: Question): string | undefined {
  const { namespace, route, routeRivals: rivals } = question;
  const match = route !== undefined && isOwnRoute(route, { namespace, rivals });
  if (match === true) return undefined;
  return `by access.ownRoutesOnly, namespace "${namespace}" may read routes ${namespace}-SERVICE-PORT, not ${asked.routes(question)}${claim(match)}`;
}

function judgeByRules(rules: readonly AccessRule[]): Judgement {
  const compiled = rules.map(compileRule);
  return (question) => {
    const { namespace } = question;
    const own = compiled.filter(({ askers }) => bestMatch(askers, namespace, question) === true);
    if (own.length === 0) return `no access rule is for namespace "${namespace}"`;
    const refusals: RuleRefusal[] = [];
    for (const { refuse } of own) {
      const refusal = refuse(question);
      if (refusal === undefined) return undefined;
      refusals.push(refusal);
    }
    // The rule that comes furthest says the most.
    const [nearest, ...others] = refusals.toSorted((one, other) => other.passed - one.passed);
    const names = shown(others.map(({ name }) => `"${name}"`));
    return `by access rule ${nearest?.why}${names === '' ? '' : `; nor is it allowed by ${names}`}`;
  };
}

interface RuleRefusal {
  readonly name: string;
  /** How many of the lists of the rule had what was asked. */
  readonly passed: number;
  readonly why: string;
}

const listNames = ['projects', 'logstores', 'routes'] as const;

function compileRule({ name, namespaces, ...lists }: AccessRule) {
  const askers = patternsOf(namespaces);
  const steps = listNames.flatMap((what, passed) => {
    const texts = lists[what];
    return texts === undefined ? [] : [{ what, passed, patterns: patternsOf(texts) }];
  });
  const refuse = (question: Question): RuleRefusal | undefined => {
    const { namespace, rivals, routeRivals } = question;
    for (const { what, passed, patterns } of steps) {
      const asker = { namespace, rivals: what === 'routes' ? routeRivals : rivals };
      const match = bestMatch(patterns, question[singular[what]], asker);
      if (match === true) continue;
      const allowed = `${what} ${shown(patterns.map((pattern) => pattern.textFor(namespace)))}`;
      const why = `"${name}", namespace "${namespace}" may read ${allowed}, not ${asked[what](question)}${claim(match)}`;
      return { name, passed, why };
    }
    return undefined;
  };
  return { askers, refuse };
}

const patternsOf = (texts: readonly string[]) => texts.map((text) => new NamespacePattern(text));

const singular = { projects: 'project', logstores: 'logstore', routes: 'route' } as const;

/** What was asked, in words that follow "not". */
const asked = {
  projects: ({ project }: Question) => `project "${project}"`,
  logstores: ({ logstore }: Question) => `logstore "${logstore}"`,
  routes: ({ route, logstore }: Question) =>
    route === undefined ? `the whole logstore "${logstore}"` : `route "${route}"`,
};

const claim = (match: Match) =>
  typeof match === 'object' ? `, which is taken for one of namespace "${match.claimedBy}"` : '';

function bestMatch(patterns: readonly NamespacePattern[], text: string | undefined, asker: Asker): Match {
  if (text === undefined) return false;
  const matches = patterns.map((pattern) => pattern.match(text, asker));
  return matches.includes(true) || (matches.find((match) => match !== false) ?? false);
}

/** Patterns and names shown in a refusal; the configuration has them all. */
const maxShown = 5;

const shown = (texts: readonly string[]) =>
  [...texts.slice(0, maxShown), ...(texts.length > maxShown ? ['…'] : [])].join(', ');
