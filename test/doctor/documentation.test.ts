import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { doctorSummary } from '../../src/cli/doctor.ts';
import type { CheckResult } from '../../src/doctor/check.ts';
import { allChecks } from '../../src/doctor/examine.ts';
import { expectGenerated } from '../support/generated-document.ts';

it('docs/doctor.md has exactly one row for each check, in list order', () => expectGenerated('doctor.md'));

it('the run in docs/doctor.md has exactly one result for each check, in list order, and their counts', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/doctor.md'), 'utf8');
  const run = page.slice(page.indexOf('## A run'), page.indexOf('## JSON'));
  const results = [...run.matchAll(/^(ok|warn|failed) +(\S+)/gm)].map(([, status, id]) => ({
    status,
    check: id,
  }));
  expect(results.map(({ check }) => check)).toEqual(allChecks({ selector: undefined }).map(({ id }) => id));
  expect(run).toContain(doctorSummary(results as unknown as CheckResult[]));
});

it('the JSON in docs/doctor.md has the words of the run', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/doctor.md'), 'utf8');
  const run = page.slice(page.indexOf('## A run'), page.indexOf('## JSON'));
  const [, json = ''] = /```json\n([^]*?)```/.exec(page) ?? [];
  const { checks } = JSON.parse(json) as { checks: readonly CheckResult[] };
  expect(checks).not.toEqual([]);
  for (const { found, remedy = '', write = '' } of checks)
    for (const text of [found, remedy, write]) expect(run).toContain(text.replace(/…$/, ''));
});
