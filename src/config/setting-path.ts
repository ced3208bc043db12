/** Keys from the top of the file; a number is a place in a list. */
export type SettingPath = readonly PropertyKey[];

/** `projects[1].reading.delay.leastSeconds`; a key that would not read as one is quoted. */
export function pathText(path: SettingPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/** Undefined where there is no such place. */
export function valueAt(tree: unknown, path: SettingPath): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }, tree);
}
