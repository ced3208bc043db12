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

describe('the restricted profile', () => {
  it('takes a pod that keeps to it', () => {
    expect(restrictedFaults(good)).toEqual([]);
  });

  it.each([
    ['the network of the host', { ...good, hostNetwork: true }, 'hostNetwork'],
    [
      'a path of the host',
      { ...good, volumes: [{ name: 'a', hostPath: {} }] },
      'volume a is of type hostPath',
    ],
    [
      'a port of the host',
      { ...good, containers: [{ securityContext, ports: [{ hostPort: 80 }] }] },
      'a hostPort',
    ],
    ['who may be root', pod({ runAsNonRoot: false }), 'runAsNonRoot is not true'],
    ['root', pod({ runAsUser: 0 }), 'runAsUser is root'],
    ["root's group besides", pod({ supplementalGroups: [0] }), 'supplementalGroups has root'],
    ['no seccomp profile', pod({ seccompProfile: { type: 'Unconfined' } }), 'no seccompProfile'],
    ['a root container in a pod that is not', container({ runAsUser: 0 }), 'runAsUser is root'],
    ['privilege', container({ privileged: true }), 'privileged'],
    [
      'who may escalate',
      container({ allowPrivilegeEscalation: true }),
      'allowPrivilegeEscalation is not false',
    ],
    ['kept capabilities', container({ capabilities: {} }), 'capabilities are not all dropped'],
    [
      'added ones',
      container({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
      'capabilities are added',
    ],
    [
      'an init container that does not',
      { ...good, initContainers: [{}] },
      'allowPrivilegeEscalation is not false',
    ],
  ])('refuses %s', (_, wrong, fault) => {
    expect(restrictedFaults(wrong)).toContain(fault);
  });
});
