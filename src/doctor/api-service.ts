import { isRecord } from '../kube/client/kube-error.ts';

/** The fields of the external metrics APIService that doctor checks. */
export interface RegisteredApi {
  /** Undefined if kube-apiserver itself serves the API. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number } | undefined;
  /** PEM. */
  readonly caBundle: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** Condition `Available`. Undefined until the API server has checked for the first time. */
  readonly available:
    { readonly isTrue: boolean; readonly reason: string; readonly message: string } | undefined;
}

/** @param object from the API server, see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/ */
export function registeredApi(object: unknown): RegisteredApi {
  const spec = recordAt(object, 'spec');
  const service = spec['service'];
  const caBundle = spec['caBundle'];
  const conditions = recordAt(object, 'status')['conditions'];
  const available: unknown = Array.isArray(conditions)
    ? conditions.find((one) => isRecord(one) && one['type'] === 'Available')
    : undefined;
  return {
    service: isRecord(service)
      ? {
          namespace: textOf(service['namespace']),
          name: textOf(service['name']),
          port: Number(service['port'] ?? 443),
        }
      : undefined,
    caBundle:
      typeof caBundle === 'string' && caBundle !== ''
        ? Buffer.from(caBundle, 'base64').toString()
        : undefined,
    insecureSkipTlsVerify: spec['insecureSkipTLSVerify'] === true,
    available: isRecord(available)
      ? {
          isTrue: available['status'] === 'True',
          reason: textOf(available['reason']),
          message: textOf(available['message']),
        }
      : undefined,
  };
}

function recordAt(object: unknown, key: string): Readonly<Record<string, unknown>> {
  const found = isRecord(object) ? object[key] : undefined;
  return isRecord(found) ? found : {};
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
