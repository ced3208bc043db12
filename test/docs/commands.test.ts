import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDemo } from '../../emulator/demo/demo.ts';
import { runEmulate } from '../../emulator/emulate.ts';
import { runProgram } from '../../src/cli/program.ts';
import { fakeIo } from '../support/fake-io.ts';
import { pages, root, shellLinesOf, textOf } from './doc-commands.ts';

interface ShellLine {
  readonly page: string;
  readonly words: readonly string[];
}

/** Every command of a page: of its shell blocks, of indented blocks, and of code in a sentence. */
function linesOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```sh\n([^]*?)^ *```/gm)].map(([, block = '']) => block);
  const indented = [...markdown.matchAll(/^ {4}(sls-metrics-adapter .*)$/gm)].map(([, line = '']) => line);
  const inText = [...markdown.matchAll(/`((?:sls-metrics-adapter|npm run) [^`]+)`/g)].map(
    ([, line = '']) => line,
  );
  return [...blocks, ...indented, ...inText].flatMap(shellLinesOf);
}

/** Pipes and lists are split into their commands. */
const shellLines = pages.flatMap((page): ShellLine[] =>
  linesOf(textOf(page))
    .flatMap((line) => line.split(/ (?:\|\||&&|\||;) /))
    .map((line) => ({ page, words: line.trim().split(/\s+/) }))
    .filter(({ words }) => words[0] !== ''),
);

/** The words after a program, wherever it stands in a line, such as behind `kubectl exec … --`. */
const callsOf = (...program: readonly string[]): ShellLine[] =>
  shellLines.flatMap(({ page, words }) => {
    const at = words.findIndex((_, index) => program.every((word, offset) => words[index + offset] === word));
    return at < 0 ? [] : [{ page, words: words.slice(at + program.length) }];
  });

const flagsOf = (words: readonly string[]): string[] =>
  words.filter((word) => word.startsWith('--') && word !== '--').map((word) => word.split('=')[0] ?? '');

async function helpOf(run: typeof runProgram, ...words: readonly string[]): Promise<string> {
  const fake = fakeIo();
  expect(await run([...words, '--help'], fake.io)).toBe(0);
  return fake.stdout();
}

const knownFlags = (help: string): Set<string> => new Set(help.match(/--[a-z][-a-z0-9]*/g));

describe('the commands in the documentation', () => {
  // `sls-metrics-adapter COMMAND …` stands for any of them.
  const calls = [...callsOf('sls-metrics-adapter'), ...callsOf('npm', 'run', '-s', 'adapter', '--')].filter(
    ({ words: [command = ''] }) => /^[a-z]+$/.test(command),
  );
  const commands = [...new Set(calls.map(({ words: [command = ''] }) => command))];

  it('of the adapter exist', async () => {
    const listed = [...(await helpOf(runProgram)).matchAll(/^ {2}([a-z]+) .* {2}[A-Z]/gm)].map(
      ([, name]) => name,
    );
    expect(commands).toEqual(expect.arrayContaining(['query', 'explain', 'routes', 'replay', 'doctor']));
    expect(commands.filter((command) => !listed.includes(command))).toEqual([]);
  });

  it.each(commands)('%s has only flags that there are', async (command) => {
    const known = knownFlags(await helpOf(runProgram, command));
    const wrong = calls
      .filter(({ words }) => words[0] === command)
      .flatMap(({ page, words }) =>
        flagsOf(words)
          .filter((flag) => !known.has(flag))
          .map((flag) => `${page}: ${command} ${flag}`),
      );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['emulate', runEmulate],
    ['demo', runDemo],
  ] as const)('npm run %s has only flags that there are', async (name, run) => {
    const known = knownFlags(await helpOf(run));
    const words = [...callsOf('npm', 'run', '-s', name, '--'), ...callsOf('npm', 'run', name, '--')];
    expect(words).not.toEqual([]);
    expect(words.flatMap((call) => flagsOf(call.words)).filter((flag) => !known.has(flag))).toEqual([]);
  });

  it('of npm are scripts of package.json', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as {
      scripts: Record<string, string>;
    };
    const named = callsOf('npm', 'run').map(({ page, words }) => ({
      page,
      script: words.find((word) => !word.startsWith('-')) ?? '',
    }));
    expect(named).not.toEqual([]);
    expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
  });

  it('of helm and kubectl name charts and directories that there are', () => {
    const named = shellLines.flatMap(({ page, words }) =>
      words.filter((word) => /^(charts|deploy)\/[-\w./]+$/.test(word)).map((path) => ({ page, path })),
    );
    expect(named).not.toEqual([]);
    expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
  });
});
