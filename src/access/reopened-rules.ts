import type { AccessRule } from './access-rules.ts';
import { namespacePlaceholder, patternCovers, patternFor } from './patterns.ts';

/** Returns the rules that narrow nothing for some namespaces, since another rule allows them all of it and more. */
export const reopenedRules = (rules: readonly AccessRule[]) =>
  rules.flatMap((narrow) =>
    rules.flatMap((wide) => {
      const namespaces = narrow.namespaces.filter(
        (namespace) =>
          wide.namespaces.some((pattern) => patternCovers(pattern, namespace)) &&
          allowsAll(wide, narrow, namespace) &&
          !allowsAll(narrow, wide, namespace),
      );
      return namespaces.length === 0 ? [] : [{ rule: narrow.name, openedBy: wide.name, namespaces }];
    }),
  );

type ReopenedRule = ReturnType<typeof reopenedRules>[number];

export const reopenedText = ({ rule, openedBy, namespaces }: ReopenedRule): string =>
  `access rule "${rule}" narrows nothing for namespace ${namespaces.join(', ')}, since rule "${openedBy}" allows more: any rule that allows a read is enough`;

/** Returns whether a namespace, or a pattern of namespaces, may read by one rule all that it may read by the other. */
function allowsAll(one: AccessRule, other: AccessRule, namespace: string): boolean {
  // For a pattern of namespaces the placeholder stays, and matches itself.
  const named = namespace.includes('*') ? namespacePlaceholder : namespace;
  return (['projects', 'logstores', 'routes'] as const).every((list) => {
    const patterns = one[list];
    return (
      patterns === undefined ||
      other[list]?.every((narrower) =>
        patterns.some((pattern) => patternCovers(patternFor(pattern, named), patternFor(narrower, named))),
      ) === true
    );
  });
}
