import { expect, it } from 'vitest';
import { figuresText } from '../../../src/cli/explain/explain-forecast.ts';
import { expertNames } from '../../../src/forecast/experts.ts';

it('a forecast that was not compared with a minute yet has no coverage and no loss', () => {
  const weights = Object.fromEntries(expertNames.map((name) => [name, 1 / expertNames.length]));
  const text = figuresText({
    ...{ metric: 'sls_ingress_qps_forecast', unit: 'requests/s', project: 'p1', logstore: 'l1' },
    ...{ route: 'default-web-80', aheadSeconds: 180, quantile: 0.9, perSecond: 7 },
    ...{ coverage: Number.NaN, pinballLoss: Number.NaN, lastMinutePinballLoss: Number.NaN },
    ...{ weights: weights as Parameters<typeof figuresText>[0]['weights'], mostOfEachHour: [] },
  });
  expect(text).toMatch(/^ {2}coverage {3}- of the minutes/m);
  expect(text).toMatch(/^ {2}loss {7}-; of the last minute alone - \(/m);
});
