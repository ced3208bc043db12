import { X509Certificate } from 'node:crypto';
import { StatusFailure } from './kube-status.ts';

interface ApiServiceObject {
  readonly apiVersion: 'apiregistration.k8s.io/v1';
  readonly kind: 'APIService';
  readonly metadata: ApiServiceMetadata & { readonly name: string; readonly resourceVersion: string };
  readonly spec: ApiServiceSpec;
  readonly status?: ApiServiceStatus;
}

/** Who created the object. */
interface ApiServiceMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A condition, as the availability controller writes it. */
interface ApiServiceStatus {
  readonly conditions: readonly {
    readonly type: 'Available';
    readonly status: 'True' | 'False';
    readonly reason: string;
    readonly message: string;
  }[];
}

interface ApiServiceSpec {
  readonly service?: { readonly namespace: string; readonly name: string; readonly port?: number };
  readonly group: string;
  readonly version: string;
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
  /** Base64 of PEM. */
  readonly caBundle?: string;
  readonly insecureSkipTLSVerify?: boolean;
}

/** APIServices with JSON merge patch, the check of the resourceVersion, and validation. */
export class ScriptedApiServices {
  readonly #objects = new Map<string, ApiServiceObject>();
  #version = 1000;

  /** Adds `v1beta1.external.metrics.k8s.io`, served by that service. */
  putExternalMetrics(service: ApiServiceSpec['service'], more: Partial<ApiServiceSpec> = {}): void {
    this.put('v1beta1.external.metrics.k8s.io', {
      ...(service === undefined ? {} : { service }),
      group: 'external.metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      ...more,
    });
  }

  put(
    name: string,
    spec: ApiServiceSpec,
    status?: ApiServiceStatus,
    metadata: ApiServiceMetadata = this.#objects.get(name)?.metadata ?? {},
  ): ApiServiceObject {
    const object: ApiServiceObject = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { ...metadata, name, resourceVersion: String(++this.#version) },
      spec,
      ...(status === undefined ? {} : { status }),
    };
    this.#objects.set(name, object);
    return object;
  }

  delete(name: string): void {
    this.#objects.delete(name);
  }

  /** @throws StatusFailure 404 */
  get(name: string): ApiServiceObject {
    const object = this.#objects.get(name);
    if (object === undefined)
      throw new StatusFailure(404, 'NotFound', `apiservices.apiregistration.k8s.io "${name}" not found`);
    return object;
  }

  /** @throws StatusFailure 400, 404, 409 or 422 */
  patch(name: string, body: unknown): ApiServiceObject {
    const stored = this.get(name);
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new StatusFailure(400, 'BadRequest', 'a JSON merge patch is an object');
    const merged = mergePatch(stored, body) as ApiServiceObject;
    if (merged.metadata.resourceVersion !== stored.metadata.resourceVersion)
      throw new StatusFailure(
        409,
        'Conflict',
        `Operation cannot be fulfilled on apiservices.apiregistration.k8s.io "${name}": the object has been modified`,
      );
    validate(merged.spec);
    return this.put(name, merged.spec, stored.status);
  }

  /** Sets the result of the API server's last check. */
  setAvailable(name: string, status: 'True' | 'False', reason: string, message: string): void {
    this.put(name, this.get(name).spec, { conditions: [{ type: 'Available', status, reason, message }] });
  }
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function validate({ caBundle, insecureSkipTLSVerify }: ApiServiceSpec): void {
  if (caBundle === undefined || caBundle === '') return;
  if (insecureSkipTLSVerify === true)
    throw new StatusFailure(
      422,
      'Invalid',
      'spec.insecureSkipTLSVerify: may not be true if caBundle is present',
    );
  try {
    new X509Certificate(Buffer.from(caBundle, 'base64'));
  } catch {
    throw new StatusFailure(422, 'Invalid', 'spec.caBundle: unable to load root certificates');
  }
}
