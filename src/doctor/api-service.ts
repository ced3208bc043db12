import type { V1APIService } from '@kubernetes/client-node';

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

/** Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/ */
export function registeredApi({ spec, status }: V1APIService): RegisteredApi {
  const service = spec?.service;
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  return {
    service:
      service === undefined
        ? undefined
        : { namespace: service.namespace ?? '', name: service.name ?? '', port: service.port ?? 443 },
    caBundle:
      spec?.caBundle === undefined || spec.caBundle === ''
        ? undefined
        : Buffer.from(spec.caBundle, 'base64').toString(),
    insecureSkipTlsVerify: spec?.insecureSkipTLSVerify === true,
    available:
      available === undefined
        ? undefined
        : {
            isTrue: available.status === 'True',
            reason: available.reason ?? '',
            message: available.message ?? '',
          },
  };
}
