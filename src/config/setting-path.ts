/** Keys from the top of the file; a number is an index in a list. */
export type SettingPath = readonly PropertyKey[];

/** Returns the path as text: `projects[1].reading.delay.leastSeconds`. A key with other characters is quoted. */
export function pathText(path: SettingPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** Returns the value at a path; undefined: there is no such path. */
export function valueAt(tree: unknown, path: SettingPath): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }, tree);
}

/** Tells a mapping of settings from a list and from a single value. */
export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
