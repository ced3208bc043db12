/** A node of DuckDB's syntax tree (`json_serialize_sql`). Its shape depends on `class` and `type`. */
export type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the text of a property, or '' if there is none. */
export function text(tree: Tree, key: string): string {
  const value = tree[key];
  return typeof value === 'string' ? value : '';
}

/** Returns the tree in a property, if there is one. */
export function child(tree: Tree, key: string): Tree | undefined {
  const value = tree[key];
  return isTree(value) ? value : undefined;
}

/** Returns the trees of a list property. */
export function children(tree: Tree, key: string): Tree[] {
  const value = tree[key];
  return Array.isArray(value) ? value.filter(isTree) : [];
}

/** Returns the texts of a list property. */
export function texts(tree: Tree, key: string): string[] {
  const value = tree[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Parses DuckDB's JSON. A number that a double would print differently keeps its source text. */
export function parseTree(json: string): Tree {
  const value = sourceJson.parse(json, (_key, item, { source }) =>
    typeof item === 'number' && source !== undefined && String(item) !== source
      ? sourceJson.rawJSON(source)
      : item,
  );
  return isTree(value) ? value : {};
}

/** Returns the node of a function call. */
export function call(name: string, args: readonly Tree[]): Tree {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    function_name: name,
    schema: '',
    catalog: '',
    children: args,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
  };
}

/** Returns the node of `coalesce`. */
export function coalesce(...operands: readonly Tree[]): Tree {
  return { class: 'OPERATOR', type: 'OPERATOR_COALESCE', alias: '', children: operands };
}

/** Returns the node of an integer literal. */
export function integerLiteral(value: number): Tree {
  const type = { id: 'INTEGER', type_info: null };
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', value: { type, is_null: false, value } };
}

/** Returns the node of a cast to a DuckDB type. */
export function castTo(operand: Tree, typeName: string): Tree {
  const cast_type = { id: typeName, type_info: null };
  return { class: 'CAST', type: 'OPERATOR_CAST', alias: '', child: operand, cast_type, try_cast: false };
}

/** JSON with source text access (ECMAScript 2026). Node 24 has it, TypeScript's library does not yet. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const sourceJson = JSON as unknown as SourceJson;
