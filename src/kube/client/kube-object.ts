/** A Kubernetes object as it came. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** Whether the value is a JSON object. */
export function isRecord(value: unknown): value is KubeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the metadata of an object, or an empty object. */
export function metadataOf(object: unknown): KubeObject {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  return isRecord(metadata) ? metadata : {};
}

/** Returns the resourceVersion of an object or a list. */
export function versionOf(object: unknown): string | undefined {
  const version = metadataOf(object)['resourceVersion'];
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** Returns what the JSON text says. Undefined: it is not JSON. */
export function jsonOf(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
