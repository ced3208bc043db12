import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const directory = resolve(import.meta.dirname, '../../docs/decisions');
const index = readFileSync(join(directory, 'README.md'), 'utf8');
const rows = [
  ...index.matchAll(/^\| (\d{4}-\d{2}-\d{2}) \| (accepted|replaced by .+?) +\| (.+?) +\|$/gm),
].map(([, date = '', state = '', decision = '']) => ({ date, state, decision }));

it('the index of decisions has every page, by its title', () => {
  const pages = readdirSync(directory).filter((name) => name !== 'README.md');
  const titled = pages.map((name) => {
    const [, title = ''] = /^# (.+)$/m.exec(readFileSync(join(directory, name), 'utf8')) ?? [];
    return `[${title}](${name})`;
  });
  const accepted = rows.filter(({ state }) => state === 'accepted').map(({ decision }) => decision);
  expect(accepted.sort()).toEqual(titled.sort());
});

it('the index of decisions has a date and a state in each row, the newest first', () => {
  const tableRows = index.split('\n').filter((line) => line.startsWith('| '));
  expect(rows).toHaveLength(tableRows.length - 2);
  const dates = rows.map(({ date }) => date);
  expect(dates).toEqual([...dates].sort().reverse());
});
