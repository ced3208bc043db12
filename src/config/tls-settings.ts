import { z } from 'zod';
import { choice } from './leaf.ts';

/**
 * Cipher suites of TLS 1.3 and 1.2, named as Kubernetes' components do, with OpenSSL's names. Those without forward secrecy
 * or authenticated encryption are left out: HTTP/2 forbids them. Sources: Go, crypto/tls; RFC 9113, appendix A.
 */
const suites = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
} as const;

const names = Object.keys(suites) as [keyof typeof suites, ...(keyof typeof suites)[]];

/** OpenSSL names only the suites of TLS 1.3 in this way. */
const isOf13 = (suite: string) => suite.startsWith('TLS_');

const versions = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' } as const;

export const tlsMinVersion = choice(
  ['VersionTLS12', 'VersionTLS13'],
  'Oldest version of TLS that clients may use',
).default('VersionTLS12');

export const tlsCipherSuites = z
  .array(choice(names, 'A cipher suite'), { error: 'must be a list of cipher suites' })
  .describe(
    'Cipher suites that clients may use, as a flag separated by commas; empty: the usual ones. Without one of TLS 1.3, all of TLS 1.3 are allowed',
  )
  .default([]);

interface TlsSettings {
  readonly tlsMinVersion: keyof typeof versions;
  readonly tlsCipherSuites: readonly (keyof typeof suites)[];
}

export function tlsSettingsOf({ server }: { readonly server: TlsSettings }) {
  const minVersion = versions[server.tlsMinVersion];
  const chosen = server.tlsCipherSuites.map((name) => suites[name]);
  if (chosen.length === 0) return { minVersion };
  const of13 = chosen.some(isOf13) ? [] : Object.values(suites).filter(isOf13);
  return { minVersion, ciphers: [...of13, ...chosen].join(':') };
}
