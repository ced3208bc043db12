import { describe, expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { renderGuide } from './chart.ts';

interface Hpa {
  readonly kind: string;
  readonly spec: {
    readonly metrics: readonly {
      readonly external: {
        readonly metric: {
          readonly name: string;
          readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
        };
        readonly target: object;
      };
    }[];
  };
}

const externalsOf = async (autoscaling: object) => {
  const objects = await renderGuide({ autoscaling });
  return only<Hpa>(objects as never, 'HorizontalPodAutoscaler').spec.metrics.map(({ external }) => external);
};

describe('autoscaling.forecast', () => {
  it('is off by default', async () => {
    const names = (await externalsOf({})).map(({ metric }) => metric.name);
    expect(names).toEqual(['sls_ingress_qps']);
  });

  it('adds the forecast of each rate to the HPA, with its target and without labels of a window', async () => {
    const metrics = await externalsOf({
      qps: 10,
      concurrency: 4,
      forecast: { enabled: true, aheadSeconds: 300, quantile: 0.95 },
      sls: { labels: { 'sls.query.interval': '30' } },
    });
    expect(metrics.map(({ metric, target }) => [metric.name, target])).toEqual([
      ['sls_ingress_qps', { type: 'AverageValue', averageValue: '10' }],
      ['sls_ingress_qps_forecast', { type: 'AverageValue', averageValue: '10' }],
      ['sls_ingress_concurrency', { type: 'AverageValue', averageValue: '4' }],
      ['sls_ingress_concurrency_forecast', { type: 'AverageValue', averageValue: '4' }],
    ]);
    const [reading, forecast] = metrics.map(({ metric }) => metric.selector.matchLabels);
    const { 'sls.query.interval': interval, ...others } = reading ?? {};
    expect(interval).toBe('30');
    expect(forecast).toEqual({ ...others, 'sls.forecast.ahead': '300', 'sls.forecast.quantile': '0.95' });
  });
});
