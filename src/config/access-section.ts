import { z } from 'zod';
import { namespacePlaceholder } from '../access/namespace-pattern.ts';
import { patternsOverlap } from '../access/text-pattern.ts';
import { formed, onOff, section } from './leaf.ts';
import { valueAt } from './setting-path.ts';

/** A list with each value once. */
const listOf = (item: z.ZodString, error: string) =>
  z.array(item, { error }).superRefine(
    (values, context) => {
      for (const [index, value] of values.entries()) {
        if (values.indexOf(value) < index)
          context.addIssue({ code: 'custom', path: [index], message: 'must not be there twice' });
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  );

interface NameForm {
  /** Those of such a name, besides the hyphen, for a class of a regular expression. */
  readonly characters: string;
  readonly longest: number;
  /** Whether `{namespace}` may stand in it. */
  readonly ofNamespace: boolean;
}

/** A list of patterns, each of which some name matches. */
const patterns = (
  { characters, longest, ofNamespace }: NameForm,
  mustBe: string,
  what: string,
  empty: string,
) => {
  const form = new RegExp(`^[*${characters}]([-*${characters}]*[*${characters}])?$`);
  const pattern = z.string({ error: mustBe }).refine((text) => {
    const shortest = ofNamespace ? text.replaceAll(namespacePlaceholder, 'n') : text;
    return form.test(shortest) && shortest.replaceAll('*', '').length <= longest;
  }, mustBe);
  return listOf(pattern, 'must be a list of patterns').min(1, { error: empty }).describe(what);
};

const orAll = 'must have an entry: left out, it allows all';

const rule = section({
  name: formed(
    /^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
    'must be a name: up to 63 letters, digits, hyphens, dots and underscores',
    'Name of the rule, which a refusal tells',
  ),
  namespaces: patterns(
    { characters: 'a-z0-9', longest: 63, ofNamespace: false },
    'must be a namespace such as team-a, or a pattern such as team-*',
    'List of the namespaces that it is for; `*` is any text',
    "must have an entry: '*' is every namespace",
  ),
  projects: patterns(
    { characters: 'a-z0-9', longest: 63, ofNamespace: true },
    'must be a project such as k8s-log-c1, or a pattern such as k8s-log-* or {namespace}-logs',
    'List of the projects that they may read; without it, all',
    orAll,
  ).optional(),
  logstores: patterns(
    { characters: '_a-z0-9', longest: 63, ofNamespace: true },
    'must be a logstore such as nginx-ingress, or a pattern such as nginx-* or {namespace}-ingress',
    'List of the logstores that they may read; without it, all',
    orAll,
  ).optional(),
  routes: patterns(
    { characters: '_.A-Za-z0-9', longest: 191, ofNamespace: true },
    'must be a route such as shop-web-80, or a pattern such as {namespace}-*',
    'List of the routes that they may read; without it, all, and the whole logstore too',
    orAll,
  ).optional(),
});

const rules = z
  .array(rule, { error: 'must be a list of rules' })
  .superRefine(
    (entries, context) => {
      const names = entries.map((entry) => valueAt(entry, ['name']));
      for (const [index, name] of names.entries()) {
        const first = names.indexOf(name);
        if (typeof name !== 'string' || first === index) continue;
        const message = `must be another than that of rules[${first}]`;
        context.addIssue({ code: 'custom', path: [index, 'name'], message });
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )
  .default([]);

const namespaceForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Who may read what. */
export const accessSection = section({
  ownRoutesOnly: onOff(
    'A namespace reads its own routes only, {namespace}-{service}-{port}, and never a whole logstore',
  ).default(false),
  knownNamespaces: listOf(
    z.string({ error: 'must be a namespace' }).regex(namespaceForm, {
      error: 'must be a namespace: up to 63 lower-case letters, digits and hyphens',
    }),
    'must be a list of namespaces',
  )
    .describe('List of the namespaces that there are, to tell the routes of `team-b` from those of `team`')
    .default([]),
  rules,
}).superRefine(
  (access, context) => {
    if (valueAt(access, ['ownRoutesOnly']) !== true) return;
    const entries = valueAt(access, ['rules']);
    for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries()) {
      // Of an entry with a fault nothing can be said.
      const isWrong = context.issues.some(({ path = [] }) => path[0] === 'rules' && path[1] === index);
      if (isWrong || allowsOwnRoutes(entry as z.infer<typeof rule>)) continue;
      context.addIssue({ code: 'custom', path: ['rules', index, 'routes'], message: noOwnRoutes });
    }
  },
  { when: () => true },
);

const noOwnRoutes = `must have a pattern such as ${namespacePlaceholder}-*: with ownRoutesOnly, these allow nothing`;

const allowsOwnRoutes = ({ namespaces, routes = ['*'] }: z.infer<typeof rule>): boolean =>
  namespaces.some((namespace) =>
    routes.some((route) =>
      patternsOverlap(route.replaceAll(namespacePlaceholder, namespace), `${namespace}-*-*`),
    ),
  );
