import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** Something in the service that holds more the more it is used, or a limit. */
interface Bounded {
  /** Below src/. */
  readonly file: string;
  readonly name: string;
  /** First sentence of its comment. */
  readonly what: string;
  /** Parts of its tag `@bound`: count, bytes, share of a client, setting. Undefined: it has no tag. */
  readonly bound: readonly string[] | undefined;
}

const src = resolve(import.meta.dirname, '../../src');
/** Commands of an operator, which end; what runs once, on the configuration; the page, which runs in a browser; and messages made from a proto file, which live as long as their call. */
const outside = /^(cli|doctor|scaling|replay|config|sls\/assumptions|status-page\/page)\/|_pb\.ts$/;
const growing = new Set(['Map', 'Set', 'LRUCache', 'Array']);
const adding = new Set(['set', 'add', 'push', 'unshift', 'append', 'enqueue']);

/** Returns what must have a bound, and every other declaration that has the tag `@bound`. */
export function findBounded(directory = src): Bounded[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !outside.test(file))
    .sort()
    .flatMap((file) => boundedIn(file, readFileSync(join(directory, file), 'utf8')));
}

/** @param text source text of the file */
export function boundedIn(file: string, text: string): Bounded[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Bounded[] = [];
  const visit = (node: ts.Node): void => {
    if (isDeclaration(node)) {
      const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === 'bound');
      if (tag !== undefined || holdsMore(node))
        found.push({
          file,
          name: node.name.getText(source),
          what: whatOf(node),
          bound: tag && partsOf(ts.getTextOfJSDocComment(tag.comment) ?? '', source),
        });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Declaration =
  ts.PropertyDeclaration | ts.PropertySignature | ts.VariableDeclaration | ts.ParameterDeclaration;

const isDeclaration = (node: ts.Node): node is Declaration =>
  ts.isPropertyDeclaration(node) ||
  ts.isPropertySignature(node) ||
  ts.isVariableDeclaration(node) ||
  ts.isParameter(node);

/** Whether it can hold more and more: a collection or text that lives in a class or an object, or that closures add to. */
function holdsMore(node: Declaration): boolean {
  if (ts.isParameter(node)) return false;
  if (ts.isVariableDeclaration(node)) return startsEmpty(node.initializer) && isAddedToLater(node);
  if (ts.isPropertySignature(node)) return functionAround(node) === undefined && isGrowingType(node.type);
  const isReadonly = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword) === true;
  if (node.initializer !== undefined && ts.isStringLiteral(node.initializer)) return isAppendedTo(node);
  if (node.initializer !== undefined) return startsEmpty(node.initializer);
  return isGrowingType(node.type) || (!isReadonly && isGrowingType(withoutReadonly(node.type)));
}

/** Whether its file has `this.name += …`. */
const isAppendedTo = (node: ts.PropertyDeclaration): boolean =>
  node.getSourceFile().text.includes(`this.${node.name.getText()} += `);

function startsEmpty(initializer: ts.Expression | undefined): boolean {
  if (initializer === undefined) return false;
  if (ts.isNewExpression(initializer)) return growing.has(initializer.expression.getText());
  if (ts.isStringLiteral(initializer)) return initializer.text === '';
  return ts.isArrayLiteralExpression(initializer) && initializer.elements.length === 0;
}

/** Map, Set, arrays and the like; not ReadonlyMap, nor readonly arrays. */
function isGrowingType(type: ts.TypeNode | undefined): boolean {
  if (type === undefined) return false;
  if (ts.isArrayTypeNode(type)) return true;
  if (ts.isUnionTypeNode(type)) return type.types.some(isGrowingType);
  return ts.isTypeReferenceNode(type) && growing.has(type.typeName.getText());
}

function withoutReadonly(type: ts.TypeNode | undefined): ts.TypeNode | undefined {
  const isReadonly = type && ts.isTypeOperatorNode(type) && type.operator === ts.SyntaxKind.ReadonlyKeyword;
  return isReadonly ? type.type : type;
}

const functionAround = (node: ts.Node): ts.Node | undefined =>
  ts.findAncestor(node.parent, ts.isFunctionLike);

/** Whether it is added to by a function within its own, or while its function waits for more input. */
function isAddedToLater(node: ts.VariableDeclaration): boolean {
  const own = functionAround(node);
  const name = node.name.getText();
  let isAdded = false;
  const visit = (at: ts.Node, isLater: boolean): void => {
    const waits = ts.isForOfStatement(at) && at.awaitModifier !== undefined;
    const later = isLater || waits || functionAround(at) !== own;
    if (later && isAdding(at, name)) isAdded = true;
    ts.forEachChild(at, (child) => visit(child, later));
  };
  if (own !== undefined) ts.forEachChild(own, (child) => visit(child, false));
  return isAdded;
}

/** `name.push(…)` and the like, or `name += …`. */
function isAdding(node: ts.Node, name: string): boolean {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return node.expression.expression.getText() === name && adding.has(node.expression.name.text);
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken &&
    node.left.getText() === name
  );
}

function whatOf(node: Declaration): string {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const [comment] = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
  const text = (ts.getTextOfJSDocComment(comment?.comment) ?? '').replaceAll(/\s+/g, ' ');
  return /^.*?\.(?= |$)/.exec(text)?.[0] ?? text;
}

/** Splits at `|`, and writes the value of a constant of the file for its name in braces. */
const partsOf = (text: string, source: ts.SourceFile): string[] =>
  text
    .replaceAll(/\s+/g, ' ')
    .split('|')
    .map((part) => part.trim().replaceAll(/\{(\w+)\}/g, (_, name: string) => valueOf(name, source)));

/** @throws Error if the file has no such constant */
function valueOf(name: string, source: ts.SourceFile): string {
  const pattern = new RegExp(`\\bconst ${name}(?:: \\w+)? = ([\\d_ .*+/()-]+);`);
  const [, expression] = pattern.exec(source.text) ?? [];
  if (expression === undefined)
    throw new Error(`${source.fileName}: @bound names {${name}}, which is no number here`);
  const value = expression
    .replaceAll(/[_\s]/g, '')
    .replaceAll(/(\d+)\*\*(\d+)/g, (_, base: string, exponent: string) =>
      String(Number(base) ** Number(exponent)),
    )
    .split('*')
    .reduce((product, factor) => product * Number(factor), 1);
  return /bytes$/i.test(name) ? bytesText(value) : value.toLocaleString('en-US');
}

function bytesText(bytes: number): string {
  const [unit, size] = bytes >= 1024 ** 2 ? ['MiB', 1024 ** 2] : ['KiB', 1024];
  return `${(bytes / size).toLocaleString('en-US', { maximumFractionDigits: 1 })} ${unit}`;
}
