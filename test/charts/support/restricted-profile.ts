/** The parts of a pod that the profile checks. */
export interface ProfiledPod {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly ProfiledContainer[];
  readonly initContainers?: readonly ProfiledContainer[];
  readonly ephemeralContainers?: readonly ProfiledContainer[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

interface ProfiledContainer {
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

const volumeTypes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/**
 * Returns the violations of the restricted profile of Pod Security. Empty: the profile admits the pod.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function restrictedFaults(pod: ProfiledPod): string[] {
  const containers = [...(pod.initContainers ?? []), ...pod.containers, ...(pod.ephemeralContainers ?? [])];
  return [...podFaults(pod), ...containers.flatMap((container) => [...containerFaults(container, pod)])];
}

function* podFaults(pod: ProfiledPod): Generator<string> {
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'] as const) if (pod[key] === true) yield key;
  for (const { name, ...source } of pod.volumes ?? [])
    for (const type of Object.keys(source))
      if (!volumeTypes.includes(type)) yield `volume ${String(name)} is of type ${type}`;
  const { sysctls, windowsOptions, supplementalGroups } = pod.securityContext ?? {};
  if (sysctls !== undefined || windowsOptions !== undefined) yield 'sysctls or windowsOptions';
  if (Array.isArray(supplementalGroups) && supplementalGroups.includes(0))
    yield 'supplementalGroups has root';
}

function* containerFaults(container: ProfiledContainer, pod: ProfiledPod): Generator<string> {
  const own = container.securityContext ?? {};
  const effective = { ...pod.securityContext, ...own };
  if (own['privileged'] === true) yield 'privileged';
  if (own['allowPrivilegeEscalation'] !== false) yield 'allowPrivilegeEscalation is not false';
  if (effective['runAsNonRoot'] !== true) yield 'runAsNonRoot is not true';
  if (effective['runAsUser'] === 0) yield 'runAsUser is root';
  const { type } = (effective['seccompProfile'] ?? {}) as { type?: string };
  if (type !== 'RuntimeDefault' && type !== 'Localhost') yield 'no seccompProfile';
  const { drop, add } = (own['capabilities'] ?? {}) as { drop?: string[]; add?: string[] };
  if (drop?.includes('ALL') !== true) yield 'capabilities are not all dropped';
  if (add?.some((capability) => capability !== 'NET_BIND_SERVICE') === true) yield 'capabilities are added';
  if (container.ports?.some(({ hostPort = 0 }) => hostPort !== 0) === true) yield 'a hostPort';
  if (own['procMount'] !== undefined && own['procMount'] !== 'Default') yield 'procMount';
}
