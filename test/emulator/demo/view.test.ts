import { describe, expect, it } from 'vitest';
import { createView, liveTable, plainLines, type Snapshot } from '../../../emulator/demo/view.ts';
import { fakeIo } from '../../support/fake-io.ts';

const snapshot: Snapshot = {
  routes: [
    {
      route: 'a-b-80',
      qps: 12.3456,
      requests: 185,
      ageSeconds: 10.04,
      replicas: 2,
      reason: 'ScaleUpLimit',
      error: undefined,
    },
    {
      route: 'c-d-80',
      qps: 0,
      requests: 0,
      ageSeconds: 10.5,
      replicas: 1,
      reason: 'ReadyForNewScale',
      error: undefined,
    },
    {
      route: 'e-f-80',
      qps: undefined,
      requests: undefined,
      ageSeconds: undefined,
      replicas: 3,
      reason: 'FailedGetExternalMetric',
      error: 'SLS "is" down',
    },
  ],
  events: ['default/a SuccessfulRescale: New size: 2'],
  slsQueries: 7,
};

describe('liveTable', () => {
  it('shows a row for each route, the number of queries, and why a read failed', () => {
    expect(liveTable(snapshot).split('\n')).toEqual([
      'ROUTE      QPS  REQUESTS    AGE  REPLICAS  SCALING',
      'a-b-80  12.346       185  10.0s         2  ScaleUpLimit',
      'c-d-80   0.000         0  10.5s         1  ReadyForNewScale',
      'e-f-80       -         -      -         3  FailedGetExternalMetric',
      '',
      'SLS queries so far: 7',
      'default/a SuccessfulRescale: New size: 2',
      'e-f-80: SLS "is" down',
    ]);
  });

  it('shortens long routes in the middle, so that a row fits on one line of the terminal', () => {
    const route = 'default-bert-tfserving-202207181536-tensorflow-serving-8501';
    const long = { ...snapshot, routes: snapshot.routes.map((line) => ({ ...line, route })) };
    const shown = liveTable(long, 80).split('\n')[1] ?? '';
    expect(shown).toMatch(/^default…ng-8501 +12\.346 /);
    expect(shown.length).toBeLessThanOrEqual(80);
    expect(liveTable(long, 120)).toContain(route);
  });
});

describe('plainLines', () => {
  it('shows a line for each route', () => {
    expect(plainLines(snapshot).split('\n')).toEqual([
      'route=a-b-80 qps=12.346 requests=185 age=10.0s slsQueries=7 replicas=2 scaling=ScaleUpLimit',
      'route=c-d-80 qps=0.000 requests=0 age=10.5s slsQueries=7 replicas=1 scaling=ReadyForNewScale',
      'route=e-f-80 qps=- requests=- age=- slsQueries=7 replicas=3 scaling=FailedGetExternalMetric error="SLS \\"is\\" down"',
      'event="default/a SuccessfulRescale: New size: 2"',
      '',
    ]);
  });
});

describe('createView', () => {
  it('writes plain lines without a terminal', () => {
    const { io, stdout } = fakeIo();
    const view = createView(io.stdout);
    view.show(snapshot);
    view.show(snapshot);
    view.end();
    expect(stdout()).toBe(plainLines(snapshot).repeat(2));
  });

  it('redraws the table on a terminal, and keeps the last one on the screen', () => {
    const { io, stdout } = fakeIo();
    const terminal = Object.assign(io.stdout, { isTTY: true as const, columns: 80, rows: 24 });
    const view = createView(terminal);
    view.show(snapshot);
    view.show({ ...snapshot, slsQueries: 8 });
    view.end();
    const last = stdout().slice(stdout().lastIndexOf('SLS queries so far'));
    expect(stdout()).toContain('SLS queries so far: 7');
    expect(last).toContain('SLS queries so far: 8');
    const erase = '\u001b[2K';
    expect(stdout()).toContain(erase);
    expect(last).not.toContain(erase);
  });
});
