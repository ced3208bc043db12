import { describe, expect, it } from 'vitest';
import { environmentNames, flagName, optionKey, settings, type Setting } from '../../src/config/settings.ts';

const certFile: Setting = { path: 'server.tlsCertFile', flag: '--tls-cert-file <file>' };

describe('a setting', () => {
  it('has the usual name as flag, option key and environment variable', () => {
    expect(flagName(certFile)).toBe('tls-cert-file');
    expect(optionKey(certFile)).toBe('tlsCertFile');
    expect(environmentNames(certFile)).toEqual(['SLS_METRICS_ADAPTER_TLS_CERT_FILE']);
  });

  it('prefers the variable SLS_METRICS_ADAPTER_… to the names of others', () => {
    const region = settings.find(({ path }) => path === 'sls.region');
    expect(region && environmentNames(region)).toEqual([
      'SLS_METRICS_ADAPTER_REGION',
      'ALIBABA_CLOUD_REGION_ID',
      'Region',
    ]);
  });

  it('has names that no other setting has', () => {
    for (const names of [
      settings.map(({ path }) => path),
      settings.map(optionKey),
      settings.flatMap(environmentNames),
    ]) {
      expect(names.length).toBeGreaterThan(0);
      expect(names).toEqual([...new Set(names)]);
    }
  });
});
