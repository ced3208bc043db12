import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { AutoscalerEvents } from '../../../src/kube/autoscalers/autoscaler-events.ts';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { RecordingObserver } from '../kube-harness.ts';

const hpa = { namespace: 'shop', name: 'bert', uid: 'uid-1' };
const metric = 'sls_ingress_qps';
const requirements = [
  { key: 'a', operator: '=', values: ['1'] },
  { key: 'b', operator: '=', values: ['2'] },
] as const;
const error = new AdapterError('PermissionDenied', 'SLS says no');
const failed = { namespace: 'shop', metric, requirements: [...requirements].reverse(), error };

let apiServer: ScriptedApiServer;
let client: KubeClient;
let clock: TestClock;
let observer: RecordingObserver;
let events: AutoscalerEvents;
const ending = new AbortController();
beforeEach(async () => {
  apiServer = await startScriptedApiServer();
  client = await loadKubeClient({ kubeconfig: await apiServer.kubeconfigFile() });
  clock = new TestClock();
  observer = new RecordingObserver();
  events = new AutoscalerEvents(clock, { instance: 'pod-1' });
  events.start(client, observer, ending.signal);
  handler().changed(hpa, [{ name: metric, requirements }]);
});
afterEach(async () => {
  client.close();
  await apiServer[Symbol.asyncDispose]();
});

const handler = () => events.toldBefore({ changed: () => undefined });
const written = () => apiServer.events.all;
const requests = () => apiServer.count('event.create') + apiServer.count('event.patch');

it('an Event says on the HPA which metric fails, why, and what to do', async () => {
  events.readFailed(failed);
  await waitFor(() => written().length === 1);
  expect(written()[0]).toMatchObject({
    type: 'Warning',
    reason: 'PermissionDenied',
    note: `${metric}: ${error.message}`,
    regarding: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', ...hpa },
    reportingController: 'sls-metrics-adapter',
    reportingInstance: 'pod-1',
  });
});

it('a failure that goes on is one Event, written at most once in 10 minutes', async () => {
  for (let read = 0; read < 40; read += 1) {
    events.readFailed(failed);
    clock.advance(15_000);
  }
  await waitFor(() => written().length === 1);
  expect(requests()).toBe(1);
  events.readFailed(failed);
  await waitFor(() => written()[0]?.['series'] !== undefined);
  expect(written()[0]).toMatchObject({ series: { count: 41 } });
  expect(requests()).toBe(2);
});

it('an Event that has expired is followed by a new one', async () => {
  events.readFailed(failed);
  await waitFor(() => written().length === 1);
  written().pop();
  clock.advance(600_000);
  events.readFailed(failed);
  await waitFor(() => observer.of('eventUnwritten').length === 1);
  clock.advance(600_000);
  events.readFailed(failed);
  await waitFor(() => written().length === 1);
});

it('whoever names something else, or is gone, gets none', async () => {
  events.readFailed({ ...failed, namespace: 'other' });
  events.readFailed({ ...failed, requirements: [] });
  handler().changed(hpa, []);
  events.readFailed(failed);
  const broken = new AdapterError('LabelUnknown', 'x'.repeat(3000));
  handler().changed({ ...hpa, name: 'other' }, [{ name: metric, refusal: broken }]);
  events.refused({ namespace: 'shop', name: 'other', metric, error: broken });
  await waitFor(() => written().length === 1);
  expect(written()[0]).toMatchObject({ reason: 'LabelUnknown', regarding: { name: 'other' } });
  expect(requests()).toBe(1);
});

it('however many fail, few are written at a time', async () => {
  for (let index = 0; index < 500; index += 1) {
    const one = { namespace: 'shop', name: `hpa-${index}` };
    handler().changed(one, [{ name: metric, requirements: [] }]);
  }
  events.readFailed({ ...failed, requirements: [] });
  await waitFor(() => written().length === 20);
  expect(requests()).toBe(20);
  clock.advance(10_000);
  events.readFailed({ ...failed, requirements: [] });
  await waitFor(() => written().length === 25);
  expect(requests()).toBe(25);
});

it('what cannot be written is told of once, until it can', async () => {
  const fail = (code: 'SlsTimeout' | 'SlsThrottled' | 'IndexMissing' | 'Internal') =>
    events.readFailed({ ...failed, error: new AdapterError(code, 'x') });
  apiServer.fail('event.create', { kind: 'status', code: 403, message: 'events is forbidden' });
  fail('SlsTimeout');
  await waitFor(() => observer.of('eventUnwritten').length === 1);
  fail('SlsThrottled');
  await waitFor(() => apiServer.count('event.create') === 2);
  apiServer.recover('event.create');
  fail('IndexMissing');
  await waitFor(() => written().length === 1);
  const message = expect.stringContaining('events is forbidden') as unknown;
  expect(observer.of('eventUnwritten')).toEqual([{ ...hpa, message }]);
});
