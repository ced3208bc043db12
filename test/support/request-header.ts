import type { RequestHeaderConfig } from '../../src/kube/authentication-config.ts';

/** Returns what kube-apiserver publishes of its front proxy, without headers for the uid and the extra of users. */
export const requestHeaderOf = (caPem: string): RequestHeaderConfig => ({
  caPem,
  allowedNames: ['front-proxy-client'],
  usernameHeaders: ['x-remote-user'],
  uidHeaders: [],
  groupHeaders: ['x-remote-group'],
  extraHeaderPrefixes: [],
});
