import { resolve } from 'node:path';
import ts from 'typescript';

/** A value, and its expected TypeScript type as an expression in this directory. */
interface TypedLiteral {
  readonly type: string;
  readonly value: object;
}

/** An error of the compiler in one literal. */
interface LiteralFault {
  readonly index: number;
  /** Path of the property, e.g. `spec.ports[0].targetport`. Empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  types: [],
  // Without the DOM, which is the largest library.
  lib: ['lib.es2022.d.ts'],
};

/**
 * Checks each value as a literal of its type. TypeScript reports missing properties, wrong types, and in a literal also
 * unknown properties, at any depth.
 */
export function literalFaults(literals: readonly TypedLiteral[]): LiteralFault[] {
  const file = resolve(import.meta.dirname, 'rendered-objects.ts');
  const lines = literals.map(
    ({ type, value }, index) => `export const object${index}: ${type} = ${JSON.stringify(value)};`,
  );
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...rest) =>
    name === file
      ? ts.createSourceFile(name, lines.join('\n'), version, true)
      : readSource(name, version, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file: source, start, messageText }) => {
    if (source?.fileName !== file || start === undefined)
      throw new Error(ts.flattenDiagnosticMessageText(messageText, ' '));
    return {
      index: source.getLineAndCharacterOfPosition(start).line,
      path: pathTo(source, start),
      message: ts.flattenDiagnosticMessageText(messageText, ' '),
    };
  });
}

/** Returns the properties and elements on the path to a position of the source. */
function pathTo(source: ts.SourceFile, position: number): string {
  let path = '';
  const visit = (node: ts.Node): void => {
    const holds = (one: ts.Node) => one.getStart(source) <= position && position < one.end;
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name)) path += `.${node.name.text}`;
    if (ts.isArrayLiteralExpression(node)) path += `[${node.elements.findIndex(holds)}]`;
    ts.forEachChild(node, (child) => {
      if (holds(child)) visit(child);
    });
  };
  visit(source);
  return path.slice(1);
}
