import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** The pages of the repository. What a past version said stays as it was. */
export const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((page) => page !== 'CHANGELOG.md');

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** A line of a shell, as a page shows it. */
export interface DocCommand {
  readonly page: string;
  readonly text: string;
  /** What the page shows as its output. Undefined: nothing. */
  readonly output: string | undefined;
}

/** Returns the lines of a text for the shell, without comments. */
export const shellLinesOf = (text: string): string[] =>
  text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^| +)# .*$/, '').trim())
    .filter((line) => line !== '');

/** Returns what the `sh` blocks of a page run, and its indented commands of the adapter, with the output below them. */
export function commandsOf(page: string): DocCommand[] {
  const markdown = textOf(page);
  const blocks = [...markdown.matchAll(/^ *```sh\n([^]*?)^ *```\n(?:\n```text\n([^]*?)^```)?/gm)];
  const indented = [
    ...markdown.matchAll(/^ {4}(sls-metrics-adapter (?:.*\\\n)*.*)\n(?:\n((?: {4}[^s\n].*\n)+))?/gm),
  ];
  return [...blocks, ...indented].flatMap(([, text = '', output]) => {
    const lines = shellLinesOf(text);
    return lines.map((line, index) => ({
      page,
      text: line,
      output: index === lines.length - 1 ? output : undefined,
    }));
  });
}

/** Returns the words of a command, without quotes. */
export const wordsOf = (text: string): string[] =>
  [...text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ''));

/** Returns the YAML blocks of a page. */
export const yamlOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^ *```yaml\n([^]*?)^ *```/gm)].map(([, text = '']) => text);

/** Returns the commands without repeated ones. */
export const once = (commands: readonly DocCommand[]): DocCommand[] => [
  ...new Map(commands.map((command) => [command.text, command])).values(),
];
