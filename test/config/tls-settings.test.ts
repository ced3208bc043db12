import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { tlsSettingsOf } from '../../src/config/tls-settings.ts';

const load = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  loadConfig({ flags: { region: 'cn-beijing', ...flags }, env });

describe('the TLS settings', () => {
  it('are spelled as Kubernetes spells them, in flags and variables', () => {
    const suites = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
    const config = load({ tlsCipherSuites: suites }, { SLS_METRICS_ADAPTER_TLS_MIN_VERSION: 'VersionTLS13' });
    expect(tlsSettingsOf(config)).toEqual({
      minVersion: 'TLSv1.3',
      ciphers: [
        'TLS_AES_128_GCM_SHA256',
        'TLS_AES_256_GCM_SHA384',
        'TLS_CHACHA20_POLY1305_SHA256',
        'ECDHE-RSA-AES128-GCM-SHA256',
        'ECDHE-ECDSA-CHACHA20-POLY1305',
      ].join(':'),
    });
    expect(tlsSettingsOf(load({}))).toEqual({ minVersion: 'TLSv1.2' });
  });

  it.each([
    [{ tlsMinVersion: 'VersionTLS11' }, /server\.tlsMinVersion \(--tls-min-version\) is "VersionTLS11"/],
    [{ tlsMinVersion: '1.2' }, /must be one of VersionTLS12, VersionTLS13/],
    [{ tlsCipherSuites: 'TLS_RSA_WITH_AES_128_CBC_SHA' }, /must be one of TLS_AES_128_GCM_SHA256, /],
    [{ tlsCipherSuites: 'ECDHE-RSA-AES128-GCM-SHA256' }, /server\.tlsCipherSuites\[0\]/],
  ])('refuse %j', (flags, message) => {
    expect(() => load(flags)).toThrow(message);
  });
});
