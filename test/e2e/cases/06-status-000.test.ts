import { afterAll, beforeAll, expect, it } from 'vitest';
import { nginxIngressIndex, type FieldType } from '../../../emulator/store/index-config.ts';
import { LoggedReadings } from '../../support/logged-readings.ts';

const indexes: readonly FieldType[] = ['long', 'text', 'double'];
let readings: readonly LoggedReadings[];

beforeAll(async () => {
  readings = await Promise.all(
    indexes.map((status) => LoggedReadings.start({ fields: { ...nginxIngressIndex.fields, status } })),
  );
  for (const one of readings) {
    await one.logEachSecond([{ upstreamName: 'default-reload-80' }], 9);
    await one.logEachSecond([{ upstreamName: 'default-reload-80', status: '000', requestTime: '0.000' }]);
    await one.logEachSecond([{ upstreamName: 'default-down-80', status: '000' }]);
    await one.logEachSecond([
      { upstreamName: 'default-mixed-80', status: '000' },
      { upstreamName: 'default-mixed-80', status: '503' },
    ]);
    await one.logEachSecond([{ upstreamName: 'default-odd-80', status: '50' }]);
  }
});
afterAll(async () => {
  for (const one of readings) await one[Symbol.asyncDispose]();
});

it.each(indexes.map((type, n) => [type, n] as const))(
  'status 000, which nginx logs at a reload, is readable and is not a 5xx (index of type %s)',
  async (_, n) => {
    const read = (metric: string, route: string, status?: string) =>
      readings[n]?.read(
        `sls_ingress_${metric}`,
        route,
        status === undefined ? {} : { 'sls.ingress.status': status },
      );
    expect(await read('error_ratio', 'default-reload-80')).toBe('0');
    expect(await read('error_ratio', 'default-down-80')).toBe('0');
    expect(await read('error_ratio', 'default-mixed-80')).toBe('500m');
    expect(await read('requests', 'default-reload-80')).toBe('150');
    expect(await read('requests', 'default-mixed-80', '5xx')).toBe('15');
    expect(await read('requests', 'default-reload-80', '200')).toBe('135');
    expect(await read('requests', 'default-reload-80', '000')).toBe('15');
    expect(await read('status_qps', 'default-mixed-80', '503')).toBe('1');
    expect(await read('error_ratio', 'default-odd-80')).toContain('no number in status');
  },
);
