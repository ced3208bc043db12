import { z } from 'zod';
import { choice } from './leaf.ts';

/**
 * Cipher suites of TLS 1.3 and 1.2, named as Kubernetes' components do, with OpenSSL's names. Those without forward secrecy
 * or authenticated encryption are left out: HTTP/2 forbids them. Sources: Go, crypto/tls; RFC 9113, appendix A.
 */
const suites13 = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
} as const;

const suites12 = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
} as const;

type Suite = keyof typeof suites12 | keyof typeof suites13;
const names = [...Object.keys(suites13), ...Object.keys(suites12)] as [Suite, ...Suite[]];

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

/** Returns the settings as Node's TLS takes them. */
export function tlsSettingsOf({
  server,
}: {
  readonly server: {
    readonly tlsMinVersion: keyof typeof versions;
    readonly tlsCipherSuites: readonly Suite[];
  };
}) {
  const minVersion = versions[server.tlsMinVersion];
  const chosen = server.tlsCipherSuites;
  if (chosen.length === 0) return { minVersion };
  const of13 = chosen.filter((name) => name in suites13);
  const of12 = chosen.flatMap((name) => (name in suites12 ? [suites12[name as keyof typeof suites12]] : []));
  return { minVersion, ciphers: [...(of13.length === 0 ? Object.keys(suites13) : of13), ...of12].join(':') };
}
