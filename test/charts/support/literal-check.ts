import { resolve } from 'node:path';
import ts from 'typescript';

/** A value, and the TypeScript type that it should have: an expression, as seen from this directory. */
export interface TypedLiteral {
  readonly type: string;
  readonly value: object;
}

/** What the compiler has against one literal. */
export interface LiteralFault {
  readonly index: number;
  /** Of the property, e.g. `spec.ports[0].targetport`; empty for the whole. */
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
  // Without the DOM, which would be most of what is read.
  lib: ['lib.es2022.d.ts'],
};

/**
 * Checks each value as a literal of its type: TypeScript refuses what is missing, what is of another type, and, in a
 * literal, what the type does not know, however deep.
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

/** The properties and elements that lead to a position of the source. */
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
