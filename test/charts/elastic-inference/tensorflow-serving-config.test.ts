import { describe, expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { renderGuide } from './chart.ts';
import { parseConfig } from './tensorflow-serving-config.ts';

async function filesWith(versionPolicy: object) {
  const objects = await renderGuide({ model: { versionPolicy } });
  const { data } = only<{ data: Record<string, string> }>(objects, 'ConfigMap');
  return { model: data['model.config'] ?? '', monitoring: data['monitoring.config'] ?? '' };
}

describe('the configuration files of TensorFlow Serving', () => {
  it.each([
    ['the newest versions', { specific: [], latest: 2 }, { latest: { num_versions: 2 } }],
    ['all versions', { specific: [], all: true }, { all: {} }],
    [
      'specific versions',
      { specific: [1623831335, 1700000000000] },
      { specific: { versions: ['1623831335', '1700000000000'] } },
    ],
  ])('name the model and %s, as its protos read them', async (_, policy, expected) => {
    const { model } = await filesWith(policy);
    expect(parseConfig('ModelServerConfig', model)).toEqual({
      model_config_list: {
        config: [
          {
            name: 'chnsenticorp',
            base_path: '/data/models/tensorflow/chnsenticorp',
            model_platform: 'tensorflow',
            model_version_policy: expected,
          },
        ],
      },
    });
  });

  it('switch its metrics on, at the path that is scraped', async () => {
    const { monitoring } = await filesWith({});
    expect(parseConfig('MonitoringConfig', monitoring)).toEqual({
      prometheus_config: { enable: true, path: '/monitoring/prometheus/metrics' },
    });
  });

  it('would be refused with a field that the protos do not have', () => {
    expect(() => parseConfig('MonitoringConfig', 'prometheus_config { enabled: true }')).toThrow('enabled');
  });
});
