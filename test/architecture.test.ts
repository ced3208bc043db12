import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const srcRoot = resolve(import.meta.dirname, '../src');

/** What each room may import from, besides itself. `errors` imports nothing of ours. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'runtime', 'errors'],
  cli: [
    'doctor',
    'service',
    'config',
    'api',
    'telemetry',
    'reading',
    'sls',
    'access',
    'metric',
    'grammar',
    'errors',
  ],
  doctor: ['service', 'config', 'kube', 'reading', 'sls', 'access', 'metric', 'grammar', 'errors'],
  service: [
    'config',
    'telemetry',
    'status-page',
    'status',
    'api',
    'kube',
    'reading',
    'sls',
    'access',
    'metric',
    'grammar',
    'errors',
  ],
  telemetry: ['api', 'kube', 'reading', 'sls', 'metric', 'runtime', 'errors'],
  config: ['access', 'metric', 'grammar', 'errors'],
  'status-page': ['status', 'errors'],
  status: ['reading', 'sls', 'access', 'metric', 'grammar', 'runtime', 'errors'],
  api: ['kube', 'access', 'metric', 'grammar', 'runtime', 'errors'],
  kube: ['metric', 'grammar', 'runtime', 'errors'],
  reading: ['sls', 'access', 'metric', 'grammar', 'runtime', 'errors'],
  sls: ['metric', 'runtime', 'errors'],
  access: ['metric', 'grammar', 'errors'],
  metric: ['grammar', 'errors'],
  grammar: ['errors'],
  runtime: [],
  errors: [],
};

/** The emulator is optional in the image, so only these load it, and only when they run. */
const emulatorLoaders = ['cli/demo', 'cli/emulate'];

interface Import {
  readonly from: string;
  readonly to: string;
  /** Not loaded with the importing file: `import()`, or types alone. */
  readonly deferred: boolean;
}

function sourceFiles(): string[] {
  return readdirSync(srcRoot, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(srcRoot, name));
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, deferred: boolean) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    found.push({ from: file, to: resolve(dirname(file), specifier.text), deferred });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const name = (file: string) => relative(srcRoot, file).replaceAll(sep, '/');
const roomOf = (file: string) => name(file).replace(/\.ts$/, '').split('/')[0] ?? '';

const files = sourceFiles();
const imports = files.flatMap(importsOf);

describe('architecture', () => {
  it('knows every room', () => {
    const unknown = [...new Set(files.map(roomOf))].filter((room) => !(room in allowed));
    expect(unknown).toEqual([]);
  });

  it('lets imports go one way, types included', () => {
    const wrong = imports
      .filter(({ from, to }) => roomOf(from) !== roomOf(to))
      .filter(({ from, to }) => !(allowed[roomOf(from)] ?? []).includes(roomOf(to)))
      .map(({ from, to }) => `${name(from)} → ${name(to)}`);
    expect(wrong).toEqual([]);
  });

  it('loads the emulator only for demo and emulate, and only when they run', () => {
    const wrong = imports
      .filter(({ from, to }) => roomOf(to) === 'emulator' && roomOf(from) !== 'emulator')
      .filter(
        ({ from, deferred }) => !deferred || !emulatorLoaders.some((loader) => name(from).startsWith(loader)),
      )
      .map(({ from, to }) => `${name(from)} → ${name(to)}`);
    expect(wrong).toEqual([]);
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
    expect(imports.filter(({ to }) => !known.has(to)).map(({ from, to }) => `${name(from)} → ${to}`)).toEqual(
      [],
    );
  });

  it('keeps a file to one reason to exist: half of them under 110 lines', () => {
    const lines = files.map((file) => readFileSync(file, 'utf8').split('\n').length).sort((a, b) => a - b);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThan(110);
  });

  it('exits the process only in main.ts', () => {
    const wrong = files.filter(
      (file) => roomOf(file) !== 'main' && readFileSync(file, 'utf8').includes('process.exit('),
    );
    expect(wrong.map(name)).toEqual([]);
  });
});
