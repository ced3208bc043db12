import { parameterInvalid } from '../service-error.ts';
import { ExpressionTranslator } from './translate-expression.ts';
import type { Columns, Scope } from './scope.ts';
import { child, children, integerLiteral, text, texts, type Tree } from './sql-tree.ts';
import { checkJoin, checkLimit, fromMissing, mustMatch, unsupported } from './query-checks.ts';
import type { ValueKind } from './value-kind.ts';

/** The most rows of SQL without a LIMIT. https://www.alibabacloud.com/help/en/sls/limit-clause */
const defaultLimit = 100;

/** Name of the logstore's table in the translated SQL. */
export const logTable = 'sls_log';

type Tables = ReadonlyMap<string, Columns>;

/** Translates whole queries: checks the tables they read, resolves names, limits rows. */
export class QueryTranslator {
  readonly #expressions: ExpressionTranslator;
  readonly #log: Columns;
  readonly #logNames: ReadonlySet<string>;
  readonly #outermost = new Set<Tree>();

  /** @param logNames the names of the logstore in SQL, in lower case: `log` and its own */
  constructor(sql: string, log: Columns, logNames: readonly string[]) {
    this.#log = log;
    this.#logNames = new Set(logNames);
    this.#expressions = new ExpressionTranslator(sql, (node, outer) => [
      ...this.#query(node, outer.tables, outer).values(),
    ]);
  }

  /** Changes the outermost query in place, and adds the default LIMIT of SLS. */
  translate(node: Tree): void {
    this.#addOutermost(node);
    this.#query(node, new Map(), undefined);
    const modifiers = children(node, 'modifiers');
    const limit = modifiers.find((modifier) => text(modifier, 'type') === 'LIMIT_MODIFIER');
    if (limit) {
      checkLimit(limit);
      return;
    }
    node['modifiers'] = [
      ...modifiers,
      { type: 'LIMIT_MODIFIER', limit: integerLiteral(defaultLimit), offset: null },
    ];
  }

  /** Remembers the SELECTs that may leave out FROM: the outermost one, or the members of an outermost UNION. */
  #addOutermost(node: Tree): void {
    this.#outermost.add(node);
    for (const side of [child(node, 'left'), child(node, 'right'), ...children(node, 'children')])
      if (side) this.#addOutermost(side);
  }

  #query(node: Tree, outerTables: Tables, outer: Scope | undefined): Columns {
    const tables = this.#withTables(node, outerTables);
    if (text(node, 'type') === 'SET_OPERATION_NODE') return this.#setOperation(node, tables, outer);
    if (text(node, 'type') !== 'SELECT_NODE') throw unsupported(text(node, 'type'));
    return this.#select(node, tables, outer);
  }

  #withTables(node: Tree, outerTables: Tables): Tables {
    const tables = new Map(outerTables);
    for (const entry of children(child(node, 'cte_map') ?? {}, 'map')) {
      const definition = child(child(child(entry, 'value') ?? {}, 'query') ?? {}, 'node');
      if (!definition) continue;
      const columns = this.#query(definition, tables, undefined);
      const names = texts(child(entry, 'value') ?? {}, 'aliases');
      const kinds = [...columns.values()];
      tables.set(
        text(entry, 'key').toLowerCase(),
        names.length === 0
          ? columns
          : new Map(names.map((name, index) => [name.toLowerCase(), kinds[index] ?? 'unknown'])),
      );
    }
    return tables;
  }

  #setOperation(node: Tree, tables: Tables, outer: Scope | undefined): Columns {
    const sides = [child(node, 'left'), child(node, 'right')].filter((side) => side !== undefined);
    const members = [...sides, ...children(node, 'children')];
    if (text(node, 'setop_type') === 'UNION_BY_NAME') throw unsupported('UNION BY NAME');
    const [columns = new Map<string, ValueKind>(), ...others] = members.map((side) =>
      this.#query(side, tables, outer),
    );
    for (const other of others) mustMatch([...columns.values()], [...other.values()]);
    this.#modifiers(node, { columns, aliases: new Map(), tables, outer });
    return columns;
  }

  #select(node: Tree, tables: Tables, outer: Scope | undefined): Columns {
    if (child(node, 'qualify') || child(node, 'sample')) throw unsupported('QUALIFY or SAMPLE');
    if (text(node, 'aggregate_handling') !== 'STANDARD_HANDLING') throw unsupported('GROUP BY ALL');
    const columns = this.#from(node, tables, outer);
    const scope: Scope = { columns, aliases: new Map(), tables, outer };
    const where = child(node, 'where_clause');
    if (where) node['where_clause'] = this.#expressions.translateCondition(where, scope, 'WHERE clause');
    const selected = this.#selectList(node, scope);
    const aliased: Scope = { ...scope, aliases: selected };
    node['group_expressions'] = children(node, 'group_expressions').map(
      (expression) => this.#expressions.translate(expression, aliased, true).tree,
    );
    const having = child(node, 'having');
    if (having) node['having'] = this.#expressions.translateCondition(having, scope, 'HAVING clause');
    this.#modifiers(node, aliased);
    return selected;
  }

  /** Names each item as SLS does, `_col0` if the query gives no name. Returns the kind of each. */
  #selectList(node: Tree, scope: Scope): Columns {
    const selected = new Map<string, ValueKind>();
    node['select_list'] = children(node, 'select_list').map((item, position) => {
      const type = text(item, 'class');
      const { tree, kind } = this.#expressions.translate(item, scope);
      if (type === 'STAR') {
        for (const [name, held] of scope.columns ?? []) selected.set(name, held);
        return tree;
      }
      const plain = type === 'COLUMN_REF' ? (texts(item, 'column_names').at(-1) ?? '') : '';
      if (text(tree, 'alias') === '' && plain === '') tree['alias'] = `_col${position}`;
      selected.set((text(tree, 'alias') || plain).toLowerCase(), kind);
      return tree;
    });
    return selected;
  }

  #from(node: Tree, tables: Tables, outer: Scope | undefined): Columns | undefined {
    const table = child(node, 'from_table') ?? {};
    if (text(table, 'type') !== 'EMPTY') return this.#table(table, tables, outer);
    if (!this.#outermost.has(node)) throw fromMissing();
    node['from_table'] = {
      type: 'BASE_TABLE',
      alias: '',
      sample: null,
      schema_name: '',
      table_name: logTable,
      column_name_alias: [],
      catalog_name: '',
      at_clause: null,
    };
    return this.#log;
  }

  #table(table: Tree, tables: Tables, outer: Scope | undefined): Columns | undefined {
    switch (text(table, 'type')) {
      case 'BASE_TABLE':
        return this.#baseTable(table, tables);
      case 'SUBQUERY': {
        const node = child(child(table, 'subquery') ?? {}, 'node') ?? {};
        const columns = this.#query(node, tables, outer);
        return texts(table, 'column_name_alias').length > 0 ? undefined : columns;
      }
      case 'JOIN':
        return this.#join(table, tables, outer);
      case 'EXPRESSION_LIST': {
        this.#values(table, tables, outer);
        return;
      }
      default:
        throw unsupported(text(table, 'type'));
    }
  }

  #baseTable(table: Tree, tables: Tables): Columns {
    if (child(table, 'sample')) throw unsupported('TABLESAMPLE');
    if (texts(table, 'column_name_alias').length > 0) throw unsupported('column aliases of a table');
    const name = text(table, 'table_name');
    if (text(table, 'schema_name') !== '' || text(table, 'catalog_name') !== '' || child(table, 'at_clause'))
      throw parameterInvalid(`Table ${text(table, 'schema_name')}.${name} does not exist`);
    const named = tables.get(name.toLowerCase());
    if (named) return named;
    if (!this.#logNames.has(name.toLowerCase())) throw parameterInvalid(`LogStore (${name}) is not found`);
    if (text(table, 'alias') === '') table['alias'] = name;
    table['table_name'] = logTable;
    return this.#log;
  }

  /** `VALUES (1, 'a'), (2, 'b')`. */
  #values(table: Tree, tables: Tables, outer: Scope | undefined): undefined {
    const scope: Scope = { columns: new Map(), aliases: new Map(), tables, outer };
    table['values'] = (table['values'] as Tree[][]).map((row) =>
      row.map((value) => this.#expressions.translate(value, scope).tree),
    );
  }

  #join(table: Tree, tables: Tables, outer: Scope | undefined): Columns | undefined {
    checkJoin(table);
    const [left, right] = ['left', 'right'].map((side) =>
      this.#table(child(table, side) ?? {}, tables, outer),
    );
    const columns = left && right ? new Map([...left, ...right]) : undefined;
    const condition = child(table, 'condition');
    if (condition)
      table['condition'] = this.#expressions.translateCondition(
        condition,
        { columns, aliases: new Map(), tables, outer },
        'JOIN ON clause',
      );
    return columns;
  }

  #modifiers(node: Tree, scope: Scope): void {
    for (const modifier of children(node, 'modifiers')) {
      if (children(modifier, 'distinct_on_targets').length > 0) throw unsupported('DISTINCT ON');
      for (const order of children(modifier, 'orders')) {
        const expression = child(order, 'expression');
        if (expression) order['expression'] = this.#expressions.translate(expression, scope, true).tree;
      }
    }
  }
}
