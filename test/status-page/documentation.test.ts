import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { seriesStates } from '../../src/status/status-document.ts';
import { scene } from './scene.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/status-page.md'), 'utf8');
const spans = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text));

it('docs/status-page.md describes every field of status.json', async () => {
  const { tracker, sources } = scene();
  const series = [];
  for await (const some of tracker.allSeries()) series.push(...some);
  const autoscalers = [];
  for await (const some of tracker.allAutoscalers()) autoscalers.push(...some);
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, below] of Object.entries(value)) {
      // Below these, names are error codes and labels.
      if (!Array.isArray(value)) names.add(name);
      if (name !== 'failed' && name !== 'filters' && name !== 'weights') visit(below);
    }
  };
  visit({ ...tracker.head(sources), series, autoscalers, forecasts: sources.forecasts?.() });
  expect(names.size).toBeGreaterThan(50);
  expect([...names].filter((name) => !spans.has(name))).toEqual([]);
});

it('docs/status-page.md describes each state', () => {
  expect([...seriesStates, 'refused'].filter((state) => !spans.has(state))).toEqual([]);
});
