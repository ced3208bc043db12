/** A piece of DuckDB's syntax tree (`json_serialize_sql`). Its shape varies with `class` and `type`. */
export type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text of a property, '' where there is none. */
export function text(tree: Tree, key: string): string {
  const value = tree[key];
  return typeof value === 'string' ? value : '';
}

/** The tree in a property, if there is one. */
export function child(tree: Tree, key: string): Tree | undefined {
  const value = tree[key];
  return isTree(value) ? value : undefined;
}

/** The trees in a list property. */
export function children(tree: Tree, key: string): Tree[] {
  const value = tree[key];
  return Array.isArray(value) ? value.filter(isTree) : [];
}

/** The texts in a list property. */
export function texts(tree: Tree, key: string): string[] {
  const value = tree[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Reads DuckDB's JSON. Numbers that a double would not print back the same are kept as they were written. */
export function parseTree(json: string): Tree {
  const value = sourceJson.parse(json, (_key, item, { source }) =>
    typeof item === 'number' && source !== undefined && String(item) !== source
      ? sourceJson.rawJSON(source)
      : item,
  );
  return isTree(value) ? value : {};
}

/** A call of a function, as DuckDB's tree has it. */
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

/** A whole-number literal. */
export function integerLiteral(value: number): Tree {
  const type = { id: 'INTEGER', type_info: null };
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', value: { type, is_null: false, value } };
}

/** A conversion to a DuckDB type. */
export function castTo(operand: Tree, typeName: string): Tree {
  const cast_type = { id: typeName, type_info: null };
  return { class: 'CAST', type: 'OPERATOR_CAST', alias: '', child: operand, cast_type, try_cast: false };
}

/** JSON with source text access (ECMAScript 2026), which Node 24 has and this TypeScript's library does not list. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const sourceJson = JSON as unknown as SourceJson;
