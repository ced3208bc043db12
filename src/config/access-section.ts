import { z } from 'zod';
import { namespacePlaceholder, patternsOverlap } from '../access/patterns.ts';
import { formed, listOf, namedList, namespaceName, onOff, section } from './leaf.ts';
import { valueAt } from './setting-path.ts';

/**
 * A list of patterns, each of which can match some name.
 *
 * @param characters of such a name besides the hyphen, for a class of a regular expression
 * @param ofNamespace true if the pattern may contain `{namespace}`
 */
const patterns = (
  { characters = 'a-z0-9', longest = 63, ofNamespace = true },
  mustBe: string,
  what: string,
  empty = 'must have an entry: a list that is left out allows all',
) => {
  const form = new RegExp(`^[*${characters}]([-*${characters}]*[*${characters}])?$`);
  const pattern = z.string({ error: mustBe }).refine((text) => {
    const shortest = ofNamespace ? text.replaceAll(namespacePlaceholder, 'n') : text;
    return form.test(shortest) && shortest.replaceAll('*', '').length <= longest;
  }, mustBe);
  return listOf(pattern, 'patterns').min(1, { error: empty }).describe(what);
};

const rule = section({
  name: formed(
    /^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
    'must be a name: up to 63 letters, digits, hyphens, dots and underscores',
    'Name of the rule, which a refusal shows',
  ),
  namespaces: patterns(
    { ofNamespace: false },
    'must be a namespace such as team-a, or a pattern such as team-*',
    'List of the namespaces that the rule applies to; `*` matches any text',
    "must have an entry: '*' is every namespace",
  ),
  projects: patterns(
    {},
    'must be a project such as k8s-log-c1, or a pattern such as k8s-log-* or {namespace}-logs',
    'List of the projects that they may read; default: all',
  ).optional(),
  logstores: patterns(
    { characters: '_a-z0-9' },
    'must be a logstore such as nginx-ingress, or a pattern such as nginx-* or {namespace}-ingress',
    'List of the logstores that they may read; default: all',
  ).optional(),
  routes: patterns(
    { characters: '_.A-Za-z0-9', longest: 191 },
    'must be a route such as shop-web-80, or a pattern such as {namespace}-*',
    'List of the routes that they may read; default: all, and the whole logstore too',
  ).optional(),
});

export const accessSection = section({
  ownRoutesOnly: onOff(
    'Let a namespace read only its own routes, {namespace}-{service}-{port}, and never a whole logstore',
  ).default(false),
  knownNamespaces: listOf(namespaceName('A namespace'), 'namespaces')
    .describe(
      'List of the namespaces that exist, so that routes of `team-b` are not taken for routes of `team`',
    )
    .default([]),
  rules: namedList(rule, 'rules').default([]),
}).superRefine(
  (access, context) => {
    if (valueAt(access, ['ownRoutesOnly']) !== true) return;
    const entries = valueAt(access, ['rules']);
    for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries()) {
      // An entry with a fault cannot be checked.
      const isWrong = context.issues.some(({ path = [] }) => path[0] === 'rules' && path[1] === index);
      if (isWrong || allowsOwnRoutes(entry as z.infer<typeof rule>)) continue;
      context.addIssue({ code: 'custom', path: ['rules', index, 'routes'], message: noOwnRoutes });
    }
  },
  { when: () => true },
);

const noOwnRoutes = `must have a pattern such as ${namespacePlaceholder}-*: with ownRoutesOnly, these routes allow nothing`;

const allowsOwnRoutes = ({ namespaces, routes = ['*'] }: z.infer<typeof rule>): boolean =>
  namespaces.some((namespace) =>
    routes.some((route) =>
      patternsOverlap(route.replaceAll(namespacePlaceholder, namespace), `${namespace}-*-*`),
    ),
  );
