import { matchesPieces } from '../grammar/text-pattern.ts';

/** Tells whether a project is one of those that `pattern` stands for; each `*` in it is any text, or none. */
export function projectMatcher(pattern: string): (project: string) => boolean {
  const pieces = pattern.split('*');
  return (project) => matchesPieces(pieces, project);
}

/** In no name and no pattern, so that only a `*` matches it. */
const anything = '\0';

/** Whether every project that `other` stands for is one of `pattern`'s. */
export const coversProjects = (pattern: string, other: string): boolean =>
  projectMatcher(pattern)(other.replaceAll('*', anything));
