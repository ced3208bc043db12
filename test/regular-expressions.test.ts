import regexp from 'eslint-plugin-regexp';
import { Linter } from 'eslint';
import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const rules: Linter.RulesRecord = {
  'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
  'regexp/no-super-linear-move': ['error', { report: 'potential' }],
};

/** Returns what makes the time of a pattern grow faster than its input. */
const faultsOf = ({ source, flags }: RegExp) =>
  new Linter()
    .verify(`export const pattern = /${source}/${flags};`, { plugins: { regexp }, rules })
    .map(({ message }) => message);

describe('regular expressions that are put together', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('are found if they backtrack', () => {
    expect(faultsOf(/^(a+)+b/)).toHaveLength(1);
    expect(faultsOf(/\s+$/)).toHaveLength(1);
    expect(faultsOf(/^a+b/)).toEqual([]);
  });

  it('take time in proportion to their input', async () => {
    const files = globSync('src/**/*.ts', { cwd: root });
    const texts = await Promise.all(files.map((file) => readFile(resolve(root, file), 'utf8')));
    const makers = files.filter((_, index) => /\bnew RegExp\(/.test(texts[index] ?? ''));
    const made: RegExp[] = [];
    const Made = new Proxy(RegExp, {
      construct: (target, parts: [string, string?], newTarget) => {
        const one = Reflect.construct(target, parts, newTarget) as RegExp;
        made.push(one);
        return one;
      },
    });
    vi.stubGlobal('RegExp', Made);
    vi.resetModules();
    for (const file of makers) await import(resolve(root, file));
    expect(made.length).toBeGreaterThanOrEqual(makers.length);
    expect(made.flatMap((one) => faultsOf(one).map((fault) => `${one.source}: ${fault}`))).toEqual([]);
  });
});
