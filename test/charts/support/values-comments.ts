/** Returns the comments above the keys of a values.yaml: path → text, as one line. */
export function valuesComments(yaml: string): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  const path: string[] = [];
  let above: string[] = [];
  for (const line of yaml.split('\n')) {
    const comment = /^ *# (.*)$/.exec(line)?.[1];
    if (comment !== undefined) above.push(comment);
    const [, indent, key] = /^( *)([A-Za-z]+):/.exec(line) ?? [];
    if (indent !== undefined && key !== undefined) {
      path.splice(indent.length / 2, Infinity, key);
      if (above.length > 0) comments.set(path.join('.'), above.join(' '));
    }
    if (comment === undefined) above = [];
  }
  return comments;
}
