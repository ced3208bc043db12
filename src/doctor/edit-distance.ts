/** Returns the Levenshtein distance: how many characters to insert, delete or replace to turn one text into the other. */
export function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      const inserted = (current[column - 1] ?? 0) + 1;
      const deleted = (above[column] ?? 0) + 1;
      current.push(Math.min(replaced, inserted, deleted));
    }
    above = current;
  }
  return above[other.length] ?? 0;
}

/** Returns the most similar names first, ties in the given order, without names that differ by more than half of the text. */
export function nearest(text: string, names: readonly string[], maxCount: number): string[] {
  return names
    .map((name) => ({ name, distance: editDistance(text, name) }))
    .filter(({ distance }) => distance <= text.length / 2)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, maxCount)
    .map(({ name }) => name);
}
