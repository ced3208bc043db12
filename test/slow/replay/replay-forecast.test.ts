import { expect, it } from 'vitest';
import { hpaYaml, replay, writeFiles } from '../../cli/replay/hpa-files.ts';

/** Six days by the minute, with a rise within half an hour each morning. */
const firstMinute = Math.floor(Date.UTC(2026, 10, 24) / 60_000);
const rows = Array.from({ length: 6 * 1440 }, (_, index) => {
  const ofDay = index % 1440;
  const rate = 20 + 100 * Math.min(1, Math.max(0, (ofDay - 540) / 30)) * (ofDay < 1080 ? 1 : 0);
  return `${(firstMinute + index) * 60},${rate * 60 + ((index * 7919) % 97)}`;
});
const [hpa = '', counts = ''] = await writeFiles(
  ['hpa.yaml', hpaYaml()],
  ['counts.csv', ['time,requests', ...rows].join('\n')],
);
const lastDay = ['--from', '2026-11-29T08:00:00Z', '--to', '2026-11-29T10:00:00Z', '--startup', '3m'];

it('replay --forecast shows the same day with and without forecasts, from what each moment knew', async () => {
  const { code, json, stderr } = await replay([
    ...['--hpa', hpa, '--counts', counts, '--forecast', '--ahead', '5m', '-o', 'json'],
    ...lastDay,
  ]);
  expect([code, stderr]).toEqual([0, '']);
  const { runs, withForecast, notes } = json();
  expect(runs[0]?.overloadedSeconds).toBeGreaterThan(150);
  expect(withForecast[0]?.overloadedSeconds).toBeLessThan((runs[0]?.overloadedSeconds ?? 0) / 2);
  expect(notes).toContainEqual(
    expect.stringContaining(
      'sls_ingress_qps_forecast, 300 s ahead, quantile 0.9, from what each moment knew.',
    ),
  );
});

it('replay --forecast of an HPA that adds up routes forecasts the sum that a file of counts has', async () => {
  const sum = hpaYaml()
    .replace('matchLabels', 'matchExpressions')
    .replace(
      'sls.ingress.route: default-web-80',
      '- { key: sls.ingress.route, operator: In, values: [default-web-80, default-new-80] }',
    );
  const [routes = ''] = await writeFiles(['routes.yaml', sum]);
  const flags = ['--counts', counts, '--forecast', '-o', 'json', ...lastDay];
  const [one, several] = [await replay(['--hpa', hpa, ...flags]), await replay(['--hpa', routes, ...flags])];
  expect([several.code, several.stderr]).toEqual([0, '']);
  expect(several.json().withForecast).toEqual(one.json().withForecast);
  expect(several.json().notes).toEqual(one.json().notes);
});

it('replay --forecast refuses an ahead that the label refuses', async () => {
  const { code, stderr } = await replay([
    '--hpa',
    hpa,
    '--counts',
    counts,
    '--forecast',
    '--ahead',
    '20m',
    ...lastDay,
  ]);
  expect(code).not.toBe(0);
  expect(stderr).toContain(
    '--ahead is 1200 s and, as sls.forecast.ahead, must be a whole number from 60 to 900',
  );
});

it('replay --sweep tries an HPA that names forecasts with them, and sets their targets too', async () => {
  const route = { 'sls.ingress.route': 'default-web-80' };
  const metric = (name: string, labels: object) => ({
    type: 'External',
    external: {
      metric: { name, selector: { matchLabels: { ...route, ...labels } } },
      target: { type: 'AverageValue', averageValue: '10' },
    },
  });
  const metrics = [
    // A file of counts does not have it.
    metric('sls_ingress_concurrency_forecast', { 'sls.forecast.ahead': '300' }),
    metric('sls_ingress_qps_forecast', { 'sls.forecast.ahead': '300' }),
    metric('sls_ingress_qps', {}),
  ];
  const [both = ''] = await writeFiles(['both.yaml', hpaYaml({ spec: { metrics } })]);
  const files = ['--hpa', both, '--counts', counts, '--capacity', '7'];
  const { json } = await replay([...files, '--max-overload', '0s', '-o', 'json', ...lastDay]);
  const { withForecast, sweep, notes } = json();
  expect(notes[0]).toMatch(/^The metric sls_ingress_concurrency_forecast is left out: the file has only/);
  expect(sweep.settings[0]).toMatchObject({ podHours: withForecast[0]?.podHours });
  const { setting, manifest } = sweep.recommendation;
  const averageValue = setting.targets[0]?.value;
  expect(averageValue).not.toBe('10');
  expect(setting.targets).toMatchObject([
    { metric: 'sls_ingress_qps', value: averageValue },
    { metric: 'sls_ingress_qps_forecast', value: averageValue },
  ]);
  const target = { type: 'AverageValue', averageValue };
  expect(manifest).toMatchObject({
    spec: {
      metrics: [
        { external: { target: { averageValue: '10' } } },
        { external: { metric: { name: 'sls_ingress_qps_forecast' }, target } },
        { external: { metric: { name: 'sls_ingress_qps' }, target } },
      ],
    },
  });
});
