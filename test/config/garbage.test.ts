import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { describeSchema, type SettingSchema } from '../../src/config/documentation.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { pathText, valueAt, type SettingPath } from '../../src/config/setting-path.ts';
import { AdapterError } from '../../src/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'garbage-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'config.yaml');

/** Returns the configuration, or the lines of the refusal. */
function load(text: string): Config | readonly string[] {
  writeFileSync(file, text);
  try {
    return loadConfig({ flags: { config: file }, env: {} });
  } catch (error) {
    if (error instanceof AdapterError && error.code === 'ConfigInvalid') return error.message.split('\n');
    throw error;
  }
}

/** Plausible values of a section, and any others. */
const leaf = fc.oneof(
  fc.integer({ min: -2, max: 70 }),
  fc.constantFrom('cn-beijing', 'http://127.0.0.1:1', 'none', '*', 'k8s-*', 'k8s-a', true, null, '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Mostly real keys, with all kinds of values. */
function garbage({ properties, items }: SettingSchema): fc.Arbitrary<unknown> {
  if (items !== undefined) {
    return fc.oneof({ weight: 4, arbitrary: fc.array(garbage(items), { maxLength: 4 }) }, leaf);
  }
  if (properties === undefined) return leaf;
  const known = Object.fromEntries(Object.entries(properties).map(([key, below]) => [key, garbage(below)]));
  const unknown = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '<<')),
    leaf,
    {
      maxKeys: 1,
    },
  );
  const section = fc
    .tuple(fc.record(known, { requiredKeys: [] }), unknown)
    .map(([own, other]): unknown => ({ ...own, ...other }));
  return fc.oneof({ weight: 6, arbitrary: section }, leaf);
}

/** Every whole number of the schema, also those of a project. */
function numbersOf(node: SettingSchema, path: SettingPath): SettingPath[] {
  if (node.items !== undefined) return [0, 1].flatMap((at) => numbersOf(node.items ?? {}, [...path, at]));
  if (node.maximum !== undefined) return [path];
  return Object.entries(node.properties ?? {}).flatMap(([key, below]) => numbersOf(below, [...path, key]));
}

const schema = describeSchema();
const isRefusal = (loaded: Config | readonly string[]): loaded is readonly string[] => Array.isArray(loaded);

describe('a configuration file of garbage', () => {
  it('is refused with the path of each wrong setting', () => {
    let taken = 0;
    fc.assert(
      fc.property(garbage(schema), (tree) => {
        const loaded = load(JSON.stringify(tree));
        if (isRefusal(loaded)) expectRefusal(loaded);
        else taken += 1;
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeLessThan(40);
  });

  it('is refused even if it is hardly YAML', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...': -\n[]{}&*!|>%@"\'#a1~?,<'.split(/(?:)/u)) }),
        (text) => {
          const loaded = load(text);
          if (!isRefusal(loaded)) throw new Error(`taken: ${text}`);
          if (loaded.length > 1) expectRefusal(loaded);
          else expect(loaded[0]).toMatch(/^the configuration file .+ (is not YAML|must hold|is nested)/);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('is refused with every wrong number, at any depth, and with the faults that span settings', () => {
    const paths = numbersOf(schema, []);
    expect(paths.length).toBeGreaterThan(40);
    fc.assert(
      fc.property(
        fc.subarray(paths, { minLength: 1 }),
        fc.constantFrom(-1, 1e9, 0.5, 'x', true, []),
        (wrong, value) => {
          // Neither a region nor an endpoint.
          const tree = { projects: [{ project: 'a1' }, { project: 'a2' }] };
          for (const path of wrong) plant(tree, path, value);
          const loaded = load(JSON.stringify(tree));
          const named = isRefusal(loaded) ? loaded.slice(1, -1).map((line) => line.trim().split(' ')[0]) : [];
          expect(named.toSorted()).toEqual(['sls.region', ...wrong.map(pathText)].toSorted());
        },
      ),
      { numRuns: 100 },
    );
  });
});

function expectRefusal(lines: readonly string[]): void {
  if (lines.length === 1) {
    expect(lines[0]).toMatch(
      /^the configuration file \S+ (is not YAML: .|must hold a mapping of settings\. )/,
    );
    return;
  }
  expect(lines[0]).toBe('wrong configuration:');
  expect(lines.at(-1)).toBe('See --help and docs/configuration.md.');
  expect(lines.length).toBeGreaterThan(2);
  const fault =
    /^ {2}([\w-]+|\["[^ ]*.*"\])(\.[\w-]+|\[.+\])* (\(.+\) )?(is not a setting; |is .+ and )?(must|.+ takes) /s;
  for (const line of lines.slice(1, -1)) expect(line).toMatch(fault);
}

function plant(tree: unknown, path: SettingPath, value: unknown): void {
  const [key = ''] = path.slice(-1);
  let below = tree as Record<PropertyKey, unknown>;
  for (const [index, part] of path.slice(0, -1).entries()) {
    below[part] ??= typeof path[index + 1] === 'number' ? [] : {};
    below = below[part] as Record<PropertyKey, unknown>;
  }
  expect(valueAt(below, [key])).toBe(undefined);
  below[key] = value;
}
