import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { allChecks } from '../../src/doctor/examine.ts';
import { expectGenerated } from '../support/generated-document.ts';

it('docs/doctor.md has exactly one row for each check, in list order', () => expectGenerated('doctor.md'));

it('the run in docs/doctor.md has exactly one result for each check, in list order, and their counts', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/doctor.md'), 'utf8');
  const run = page.slice(page.indexOf('## A run'), page.indexOf('## JSON'));
  const results = [...run.matchAll(/^(ok|warn|failed) +(\S+)/gm)].map(([, status, id]) => ({ status, id }));
  expect(results.map(({ id }) => id)).toEqual(allChecks({ selector: undefined }).map(({ id }) => id));
  const count = (status: string) => results.filter((result) => result.status === status).length;
  const counts = { failed: count('failed'), warn: count('warn'), ok: count('ok') };
  expect(run).toContain(`${counts.failed} failed, ${counts.warn} warn, ${counts.ok} ok`);
});
