import { describe, expect, it } from 'vitest';
import { environmentNames, flagName, optionKey, settings, type Setting } from '../../src/config/settings.ts';

const certFile: Setting = { path: 'server.tlsCertFile', flag: '--tls-cert-file <file>' };

describe('a setting', () => {
  it('is called in each place as is usual there', () => {
    expect(flagName(certFile)).toBe('tls-cert-file');
    expect(optionKey(certFile)).toBe('tlsCertFile');
    expect(environmentNames(certFile)).toEqual(['SLS_METRICS_ADAPTER_TLS_CERT_FILE']);
  });

  it('goes by its own variable before one that is in use already', () => {
    const region = settings.find(({ path }) => path === 'sls.region');
    expect(region && environmentNames(region)).toEqual([
      'SLS_METRICS_ADAPTER_REGION',
      'ALIBABA_CLOUD_REGION_ID',
      'Region',
    ]);
  });

  it('shares no name with another', () => {
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
