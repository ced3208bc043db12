import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const checkout = resolve(import.meta.dirname, '..');

/** The rooms of src that each room may import, besides itself. `errors` imports nothing of ours. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'runtime', 'errors'],
  cli: [
    'forecast',
    'doctor',
    'service',
    'config',
    'replay',
    'scaling',
    'api',
    'kube',
    'telemetry',
    'reading',
    'sls',
    'access',
    'metric',
    'grammar',
    'errors',
  ],
  doctor: [
    'service',
    'telemetry',
    'config',
    'kube',
    'scaling',
    'reading',
    'sls',
    'access',
    'metric',
    'grammar',
    'errors',
  ],
  service: [
    'config',
    'telemetry',
    'status-page',
    'status',
    'api',
    'keda',
    'kube',
    'reading',
    'sls',
    'access',
    'metric',
    'grammar',
    'errors',
  ],
  telemetry: ['api', 'kube', 'reading', 'forecast', 'sls', 'metric', 'runtime', 'errors'],
  config: ['access', 'metric', 'grammar', 'errors'],
  'status-page': ['status', 'errors'],
  status: ['api', 'reading', 'forecast', 'sls', 'access', 'metric', 'grammar', 'runtime', 'errors'],
  api: ['kube', 'reading', 'access', 'metric', 'grammar', 'runtime', 'errors'],
  keda: ['api', 'access', 'reading', 'metric', 'grammar', 'runtime', 'errors'],
  kube: ['metric', 'grammar', 'runtime', 'errors'],
  replay: ['scaling', 'forecast', 'reading', 'sls', 'metric', 'grammar', 'errors'],
  reading: ['forecast', 'sls', 'access', 'metric', 'grammar', 'runtime', 'errors'],
  sls: ['metric', 'runtime', 'errors'],
  scaling: ['grammar', 'errors'],
  forecast: ['grammar', 'metric', 'errors'],
  access: ['metric', 'grammar', 'errors'],
  metric: ['grammar', 'errors'],
  grammar: ['errors'],
  runtime: [],
  errors: [],
};

/**
 * What the emulator may import of src: the plumbing of a command. It shares no code with src/sls, so that a mistake in
 * one does not hide the same mistake in the other. The demo runs the whole adapter, so it may import all of src.
 */
const plumbing = ['cli/io', 'cli/options', 'cli/run-command', 'cli/run-process', 'errors'];

interface Import {
  readonly from: string;
  readonly to: string;
}

function filesBelow(directory: string): string[] {
  return readdirSync(join(checkout, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(checkout, directory, name));
}

/** All relative imports of the file: also `import()` and types alone. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    found.push({ from: file, to: resolve(dirname(file), specifier.text) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The packages that a file loads, without types. */
function packagesOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(
    readFileSync(file, 'utf8').replaceAll(/^import type .*$/gm, ''),
  );
  return importedFiles
    .map(({ fileName }) => /^(@[^/]+\/)?[^./][^/]*/.exec(fileName)?.[0] ?? '')
    .filter((found) => found !== '' && !found.startsWith('node:'));
}

/** `src/` is left out, `emulator/` is not. */
const name = (file: string) =>
  relative(checkout, file)
    .replaceAll(sep, '/')
    .replace(/^src\//, '');
const withoutExtension = (file: string) => name(file).replace(/\.ts$/, '');
const isDemo = (file: string) => name(file).startsWith('emulator/demo/');
const roomOf = (file: string) => withoutExtension(file).split('/')[0] ?? '';

const srcFiles = filesBelow('src');
const emulatorFiles = filesBelow('emulator');
const files = [...srcFiles, ...emulatorFiles];
const imports = files.flatMap(importsOf);
const arrow = ({ from, to }: Import) => `${name(from)} → ${name(to)}`;

/** All files that the given ones import, directly or through others. */
function reachableFrom(start: readonly string[]): ReadonlySet<string> {
  const graph = Map.groupBy(imports, ({ from }) => from);
  const reached = new Set(start);
  for (const file of reached) for (const { to } of graph.get(file) ?? []) reached.add(to);
  return reached;
}

describe('architecture', () => {
  it('knows every room of src', () => {
    const unknown = [...new Set(srcFiles.map(roomOf))].filter((room) => !(room in allowed));
    expect(unknown).toEqual([]);
  });

  it('lets imports of src go one way, types included, and none to the emulator', () => {
    const wrong = imports
      .filter(({ from, to }) => roomOf(from) !== 'emulator' && roomOf(from) !== roomOf(to))
      .filter(({ from, to }) => !(allowed[roomOf(from)] ?? []).includes(roomOf(to)));
    expect(wrong.map(arrow)).toEqual([]);
  });

  it('lets the emulator import only the plumbing of a command from src, and nothing of the demo', () => {
    const wrong = imports
      .filter(({ from }) => roomOf(from) === 'emulator' && !isDemo(from))
      .filter(
        ({ to }) => isDemo(to) || (roomOf(to) !== 'emulator' && !plumbing.includes(withoutExtension(to))),
      );
    expect(wrong.map(arrow)).toEqual([]);
  });

  it('shares no code between the emulator and src/sls, not even through other rooms', () => {
    const reached = reachableFrom(emulatorFiles.filter((file) => !isDemo(file)));
    expect([...reached].filter((file) => roomOf(file) === 'sls').map(name)).toEqual([]);
    expect(imports.filter(({ from, to }) => isDemo(from) && roomOf(to) === 'sls').map(arrow)).toEqual([]);
  });

  it('has no import circle, types included', () => {
    const graph = Map.groupBy(imports, ({ from }) => from);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].map(name).join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const { to } of graph.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(circles).toEqual([]);
  });

  it('imports only files that exist, by their .ts name', () => {
    const known = new Set(files);
    expect(imports.filter(({ to }) => !known.has(to)).map(arrow)).toEqual([]);
  });

  it('loads only packages that the image has', () => {
    const { dependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      dependencies: Readonly<Record<string, string>>;
    };
    const wrong = srcFiles.flatMap((file) =>
      packagesOf(file).flatMap((found) => (found in dependencies ? [] : [`${name(file)} loads ${found}`])),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps a file to one reason to exist: half of them under 110 lines', () => {
    const lines = srcFiles.map((file) => readFileSync(file, 'utf8').split('\n').length).sort((a, b) => a - b);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThan(110);
  });

  it('exits the process only where its signals and its output are handled', () => {
    const wrong = files.filter((file) => readFileSync(file, 'utf8').includes('process.exit('));
    expect(wrong.map(name)).toEqual(['cli/run-process.ts']);
  });
});
