/** Whether any text matches both patterns, in which each `*` is any text or none. */
export function patternsOverlap(pattern: string, other: string): boolean {
  // reached[j]: the part of `pattern` before here can be the same text as the first j characters of `other`.
  let reached = Array.from({ length: other.length + 1 }, (_, end) => /^\**$/.test(other.slice(0, end)));
  for (const character of pattern) {
    const next = [character === '*' && reached[0] === true];
    for (let end = 1; end <= other.length; end += 1) {
      const last = other[end - 1];
      const star = character === '*' || last === '*';
      next.push(
        star
          ? reached[end] === true || next[end - 1] === true
          : last === character && reached[end - 1] === true,
      );
    }
    reached = next;
  }
  return reached[other.length] === true;
}
