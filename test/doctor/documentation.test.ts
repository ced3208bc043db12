import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { allChecks } from '../../src/doctor/checks.ts';
import { printTable, readTable } from '../support/markdown-table.ts';

it('has in docs/doctor.md one row for each check, in their order, and no other', () => {
  const expected = [
    ['Check', 'Waits for', 'What it looks at'],
    ...allChecks({ selector: undefined }).map(({ id, after, behind = [], what }) => [
      `\`${id}\``,
      [...after.map((name) => `\`${name}\``), ...behind.map((name) => `the end of \`${name}\``)].join(', ') ||
        '-',
      what,
    ]),
  ];
  const document = readFileSync(resolve(import.meta.dirname, '../../docs/doctor.md'), 'utf8');
  expect(readTable(document), `docs/doctor.md must hold\n\n${printTable(expected)}\n`).toEqual(expected);
});
