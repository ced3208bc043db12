import { describe, expect, it } from 'vitest';
import { restrictedFaults, type ProfiledPod } from '../support/restricted-profile.ts';

const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const good: ProfiledPod = {
  securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [{ securityContext }],
  volumes: [{ name: 'tmp', emptyDir: {} }],
};
const container = (more: object): ProfiledPod => ({
  ...good,
  containers: [{ securityContext: { ...securityContext, ...more } }],
});
const pod = (more: object): ProfiledPod => ({
  ...good,
  securityContext: { ...good.securityContext, ...more },
});

describe('the check of the restricted profile', () => {
  it('accepts a pod that conforms', () => {
    expect(restrictedFaults(good)).toEqual([]);
  });

  it.each([
    ['the host network', { ...good, hostNetwork: true }, 'hostNetwork'],
    ['a host path', { ...good, volumes: [{ name: 'a', hostPath: {} }] }, 'volume a is of type hostPath'],
    ['a host port', { ...good, containers: [{ securityContext, ports: [{ hostPort: 80 }] }] }, 'a hostPort'],
    ['a pod that may run as root', pod({ runAsNonRoot: false }), 'runAsNonRoot is not true'],
    ['root as user', pod({ runAsUser: 0 }), 'runAsUser is root'],
    ['the root group as supplemental group', pod({ supplementalGroups: [0] }), 'supplementalGroups has root'],
    ['no seccomp profile', pod({ seccompProfile: { type: 'Unconfined' } }), 'no seccompProfile'],
    ['a root container in a pod that is not root', container({ runAsUser: 0 }), 'runAsUser is root'],
    ['a privileged container', container({ privileged: true }), 'privileged'],
    [
      'privilege escalation',
      container({ allowPrivilegeEscalation: true }),
      'allowPrivilegeEscalation is not false',
    ],
    ['kept capabilities', container({ capabilities: {} }), 'capabilities are not all dropped'],
    [
      'added capabilities',
      container({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
      'capabilities are added',
    ],
    [
      'an init container that does not conform',
      { ...good, initContainers: [{}] },
      'allowPrivilegeEscalation is not false',
    ],
  ])('refuses %s', (_, wrong, fault) => {
    expect(restrictedFaults(wrong)).toContain(fault);
  });
});
