import { resolve } from 'node:path';
import ts from 'typescript';
import type { KubernetesObject } from '../support/manifests.ts';

/** What is wrong with an object, one line a fault, by the schema that Kubernetes publishes for its kind. */
export async function schemaFaults(object: KubernetesObject): Promise<string[]> {
  const { apiVersion, kind } = object;
  const specifier = `kubernetes-models/${apiVersion}/${kind}`;
  const module = (await import(specifier)) as Record<string, new (data: object) => { validate(): void }>;
  const Model = module[kind];
  if (Model === undefined) throw new Error(`${specifier} has no ${kind}`);
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * Fields that Kubernetes does not know, and values that are not of the field's type. The validators accept unknown
 * fields, so the published types are asked: TypeScript refuses them in a literal, however deep.
 *
 * @returns one line a fault: object, and what the compiler says
 */
export function typeFaults(objects: readonly KubernetesObject[]): string[] {
  const file = resolve(import.meta.dirname, 'rendered-objects.ts');
  const lines = objects.map(
    ({ apiVersion, kind }, index) =>
      `const object${index}: import('kubernetes-models/${apiVersion}/${kind}').I${kind} = ${JSON.stringify(objects[index])};`,
  );
  const source = [...lines, `export default [${objects.map((_, index) => `object${index}`).join()}];`].join(
    '\n',
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...rest) =>
    name === file ? ts.createSourceFile(name, source, version) : readSource(name, version, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file: where, start = 0, messageText }) => {
    const line = where?.getLineAndCharacterOfPosition(start).line ?? 0;
    const { kind, metadata } = objects[line] ?? { kind: '', metadata: { name: '' } };
    return `${kind} ${metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
