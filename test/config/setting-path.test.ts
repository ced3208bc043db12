import { describe, expect, it } from 'vitest';
import { pathText, valueAt } from '../../src/config/setting-path.ts';

describe('the path of a setting', () => {
  it.each([
    [[], ''],
    [['reading'], 'reading'],
    [['projects', 1, 'reading', 'delay', 'leastSeconds'], 'projects[1].reading.delay.leastSeconds'],
    [['sls', '1'], 'sls.1'],
    [['sls', 'a.b'], 'sls["a.b"]'],
    [['two\nlines'], '["two\\nlines"]'],
    [[''], '[""]'],
  ])('%j is shown as %s', (path, text) => {
    expect(pathText(path)).toBe(text);
  });

  it('finds values, but no inherited properties', () => {
    const tree = { a: [{ b: null }, 5] };
    expect(valueAt(tree, [])).toBe(tree);
    expect(valueAt(tree, ['a', 0, 'b'])).toBe(null);
    expect(valueAt(tree, ['a', 1])).toBe(5);
    for (const path of [['b'], ['a', 2], ['a', 1, 'b'], ['a', 0, 'b', 'c'], ['constructor'], ['a', 'map']])
      expect(valueAt(tree, path)).toBe(undefined);
  });
});
