/**
 * Returns a LabelSelector as Go prints it in events and conditions: `%+v` of a `*metav1.LabelSelector`, which is its
 * generated `String`.
 *
 * @param selector of a metric in an HPA, as the manifest has it
 */
export function selectorText(selector: unknown): string {
  if (selector === undefined || selector === null) return 'nil';
  const { matchLabels, matchExpressions } = selector as {
    matchLabels?: Record<string, unknown>;
    matchExpressions?: { key?: unknown; operator?: unknown; values?: unknown[] }[];
  };
  const labels = Object.entries(matchLabels ?? {})
    .sort(([one], [other]) => Number(one > other) - Number(one < other))
    .map(([key, value]) => `${key}: ${String(value)},`);
  const expressions = (matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${String(key)},Operator:${String(operator)},Values:[${(values ?? []).join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
