/** A Kubernetes object as it came. */
export type KubeObject = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is KubeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function metadataOf(object: unknown): KubeObject {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  return isRecord(metadata) ? metadata : {};
}

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
