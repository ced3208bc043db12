/** Headers of a read by the horizontal pod autoscaler, as kube-apiserver forwards it. */
export const frontProxyHeaders: readonly (readonly [name: string, value: string])[] = [
  [
    'User-Agent',
    'kube-controller-manager/v1.33.1 (linux/amd64) kubernetes/8adc0f0/horizontal-pod-autoscaler',
  ],
  ['Accept', 'application/vnd.kubernetes.protobuf, */*'],
  ['Accept-Encoding', 'gzip'],
  ['X-Forwarded-For', '10.0.0.11'],
  ['X-Forwarded-Host', '10.96.0.1:443'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Remote-User', 'system:serviceaccount:kube-system:horizontal-pod-autoscaler'],
  ['X-Remote-Uid', '5c8f2cb4-7f4e-4b6e-9a0c-2b1f8a2f9d10'],
  ['X-Remote-Group', 'system:serviceaccounts'],
  ['X-Remote-Group', 'system:serviceaccounts:kube-system'],
  ['X-Remote-Group', 'system:authenticated'],
  ['X-Remote-Extra-Authentication.kubernetes.io%2fcredential-Id', 'JTI=0e5c51d5-9c4b-4b31-8e6d-3d6d7e5b8a11'],
];

/** Returns the headers in the form that Node's HTTP/2 client takes. */
export function groupedByName(headers: readonly (readonly [string, string])[]): Record<string, string[]> {
  const byName: Record<string, string[]> = {};
  for (const [name, value] of headers) (byName[name.toLowerCase()] ??= []).push(value);
  return byName;
}
