/** Tells whether a project is one of those that `pattern` stands for; each `*` in it is any text, or none. */
export function projectMatcher(pattern: string): (project: string) => boolean {
  const [start = '', ...parts] = pattern.split('*');
  const end = parts.pop();
  if (end === undefined) return (project) => project === pattern;
  return (project) => {
    if (!project.startsWith(start)) return false;
    // Each part as early as it goes leaves the most to the rest.
    let from = start.length;
    for (const part of parts) {
      const found = project.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return project.length - end.length >= from && project.endsWith(end);
  };
}

/** In no name and no pattern, so that only a `*` matches it. */
const anything = '\0';

/** Whether every project that `other` stands for is one of `pattern`'s. */
export const coversProjects = (pattern: string, other: string): boolean =>
  projectMatcher(pattern)(other.replaceAll('*', anything));
