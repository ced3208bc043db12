import { parameterInvalid } from '../service-error.ts';
import { translateCall } from './translate-call.ts';
import { caseExpression, constant, oneKind, translateCast } from './translate-value.ts';
import { resolve, type Scope } from './scope.ts';
import { positionOf } from './sql-scanner.ts';
import { child, children, text, texts, type Tree } from './sql-tree.ts';
import { comparable, mustBeBoolean, typeName, type Typed, type ValueKind } from './value-kind.ts';

const comparisonSigns: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'IS DISTINCT FROM',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
};

/** Translates the expressions of one SQL text from SLS's dialect to DuckDB's. Refuses what SLS does not have. */
export class ExpressionTranslator {
  readonly #sql: string;
  readonly #subquery: (node: Tree, outer: Scope) => readonly ValueKind[];

  constructor(sql: string, subquery: (node: Tree, outer: Scope) => readonly ValueKind[]) {
    this.#sql = sql;
    this.#subquery = subquery;
  }

  /** Throws a ServiceError ParameterInvalid if SLS does not have the expression. */
  translate(tree: Tree, scope: Scope, withAliases = false): Typed {
    const alias = text(tree, 'alias');
    tree['alias'] = '';
    const typed = this.#byClass(tree, scope, withAliases);
    typed.tree['alias'] = alias;
    return typed;
  }

  #byClass(tree: Tree, scope: Scope, withAliases: boolean): Typed {
    const inner = (operand: Tree) => this.translate(operand, scope, withAliases);
    switch (text(tree, 'class')) {
      case 'COLUMN_REF':
        return { tree, kind: this.#column(tree, scope, withAliases) };
      case 'CONSTANT':
        return constant(tree);
      case 'FUNCTION':
      case 'WINDOW':
        return translateCall(tree, inner, (message) => this.#refuse(tree, message));
      case 'CAST':
        return translateCast(tree, inner(child(tree, 'child') ?? {}), (message) =>
          this.#refuse(tree, message),
        );
      case 'CASE':
        return caseExpression(tree, inner, (message) => this.#refuse(tree, message));
      case 'COMPARISON':
        return this.#comparison(tree, inner);
      case 'BETWEEN':
        return this.#between(tree, inner);
      case 'CONJUNCTION':
        tree['children'] = children(tree, 'children').map(
          (operand) => this.#condition(inner(operand), 'Operand of logical expression', tree).tree,
        );
        return { tree, kind: 'boolean' };
      case 'OPERATOR':
        return this.#operator(tree, inner);
      case 'SUBQUERY':
        return this.#subqueryExpression(tree, scope, inner);
      case 'STAR':
        return this.#star(tree);
      default:
        throw this.#refuse(tree, `unsupported expression ${text(tree, 'type').toLowerCase()}`);
    }
  }

  /** Throws a ServiceError ParameterInvalid for an expression that is no condition in SLS. */
  translateCondition(tree: Tree, scope: Scope, clause: string): Tree {
    return this.#condition(this.translate(tree, scope), clause, tree).tree;
  }

  #condition(typed: Typed, what: string, tree: Tree): Typed {
    mustBeBoolean(typed, what, (message) => this.#refuse(tree, message));
    return typed;
  }

  #column(tree: Tree, scope: Scope, withAliases: boolean): ValueKind {
    const name = texts(tree, 'column_names').at(-1) ?? '';
    const kind = resolve(name, scope, withAliases);
    if (kind !== undefined) return kind;
    throw this.#refuse(
      tree,
      `Column '${name}' cannot be resolved;please add the column in the index attribute`,
    );
  }

  #comparison(tree: Tree, inner: (tree: Tree) => Typed): Typed {
    const left = inner(child(tree, 'left') ?? {});
    const right = inner(child(tree, 'right') ?? {});
    this.#mustCompare(tree, comparisonSigns[text(tree, 'type')] ?? text(tree, 'type'), left.kind, right.kind);
    tree['left'] = left.tree;
    tree['right'] = right.tree;
    return { tree, kind: 'boolean' };
  }

  #between(tree: Tree, inner: (tree: Tree) => Typed): Typed {
    const input = inner(child(tree, 'input') ?? {});
    for (const side of ['lower', 'upper']) {
      const bound = inner(child(tree, side) ?? {});
      this.#mustCompare(tree, 'BETWEEN', input.kind, bound.kind);
      tree[side] = bound.tree;
    }
    tree['input'] = input.tree;
    return { tree, kind: 'boolean' };
  }

  #operator(tree: Tree, inner: (tree: Tree) => Typed): Typed {
    const operands = children(tree, 'children').map(inner);
    tree['children'] = operands.map((operand) => operand.tree);
    const type = text(tree, 'type');
    switch (type) {
      case 'COMPARE_IN':
      case 'COMPARE_NOT_IN':
        for (const { kind } of operands.slice(1)) this.#mustCompare(tree, 'IN', operands[0]?.kind, kind);
        return { tree, kind: 'boolean' };
      case 'OPERATOR_NOT':
        for (const operand of operands) this.#condition(operand, 'Value of logical expression', tree);
        return { tree, kind: 'boolean' };
      case 'OPERATOR_IS_NULL':
      case 'OPERATOR_IS_NOT_NULL':
        return { tree, kind: 'boolean' };
      case 'OPERATOR_COALESCE':
        return {
          tree,
          kind: oneKind(operands, 'COALESCE operands', (message) => this.#refuse(tree, message)),
        };
      case 'ARRAY_EXTRACT':
        if (operands[0]?.kind !== 'unknown')
          throw this.#refuse(tree, `cannot subscript ${typeName(operands[0]?.kind ?? 'unknown')}`);
        return { tree, kind: 'unknown' };
      case 'OPERATOR_TRY':
        return { tree, kind: operands[0]?.kind ?? 'unknown' };
      default:
        throw this.#refuse(tree, `unsupported operator ${type.toLowerCase()}`);
    }
  }

  #subqueryExpression(tree: Tree, scope: Scope, inner: (tree: Tree) => Typed): Typed {
    const node = child(child(tree, 'subquery') ?? {}, 'node');
    const kinds = node ? this.#subquery(node, scope) : [];
    const operand = child(tree, 'child');
    if (operand) tree['child'] = inner(operand).tree;
    const scalar = text(tree, 'subquery_type') === 'SCALAR';
    return { tree, kind: scalar ? (kinds[0] ?? 'unknown') : 'boolean' };
  }

  #star(tree: Tree): Typed {
    const extras = ['exclude_list', 'replace_list', 'qualified_exclude_list', 'rename_list'];
    const extended =
      extras.some((key) => (tree[key] as unknown[] | undefined)?.length) || tree['columns'] === true;
    if (extended || child(tree, 'expr')) throw this.#refuse(tree, "mismatched input after '*'");
    return { tree, kind: 'unknown' };
  }

  #mustCompare(tree: Tree, sign: string, left: ValueKind = 'unknown', right: ValueKind = 'unknown'): void {
    if (comparable(left, right)) return;
    throw this.#refuse(tree, `'${sign}' cannot be applied to ${typeName(left)}, ${typeName(right)}`);
  }

  #refuse(tree: Tree, message: string): Error {
    const offset = tree['query_location'];
    const { line, column } = positionOf(this.#sql, typeof offset === 'number' ? offset : 0);
    return parameterInvalid(
      `ErrorType:SyntaxError.ErrorPosition,line:${line},column:${column}.ErrorMessage:line ${line}:${column}: ${message}`,
    );
  }
}
