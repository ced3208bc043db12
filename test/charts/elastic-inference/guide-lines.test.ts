import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTable } from '../../support/markdown-table.ts';
import type { KubernetesObject } from '../../support/manifests.ts';
import { renderGuide } from './chart.ts';

const page = resolve(import.meta.dirname, '../../../docs/elastic-inference.md');

let rows: readonly (readonly string[])[];
const rendered = new Map<string, KubernetesObject[]>();

beforeAll(async () => {
  [, ...rows] = readTable(await readFile(page, 'utf8'));
  for (const by of ['annotation', 'label', 'virtualNode', 'resourcePolicy']) {
    const mode = by === 'resourcePolicy' ? 'eci' : 'eci_only';
    rendered.set(by, await renderGuide({ burst: { by, mode } }, { kubeVersion: '1.30.0' }));
  }
});

/** Returns the value at a path whose keys may have dots themselves, such as `nvidia.com/gpu`; undefined: there is none. */
function at(value: unknown, path: string): unknown {
  if (path === '') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (path !== key && !path.startsWith(`${key}.`)) continue;
    const found = at(child, path.slice(key.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('the table of docs/elastic-inference.md', () => {
  it('says of each line of the guide what is rendered', () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const [line = '', cell = ''] of rows) {
      const by = /`burst\.by: (\w+)`/.exec(line)?.[1] ?? 'annotation';
      const [, kind, path = '', relation, wanted = ''] =
        /^(\w+) `([^`]+)` (=|has) `([^`]+)`/.exec(cell) ?? [];
      const object = rendered.get(by)?.find((one) => one.kind === kind);
      const found = String(at(object, path));
      if (relation === 'has') expect(found, cell).toContain(wanted);
      else expect(found, cell).toBe(wanted);
    }
  });

  it('names the clusters and the source of each line', () => {
    for (const [line, , clusters, source] of rows)
      expect(
        [clusters, source].every((cell) => cell !== ''),
        line,
      ).toBe(true);
  });
});
