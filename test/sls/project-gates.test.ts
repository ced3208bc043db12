import { setImmediate as settled } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdapterError } from '../../src/errors.ts';
import type { LogQuery } from '../../src/sls/client.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import type { GateSettings } from '../../src/sls/project-gates.ts';
import { ProjectGates, type ProjectCounts } from '../../src/sls/project-gates.ts';
import { waitFor } from '../support/wait-for.ts';
import { HeldLogs } from './held-logs.ts';
import { alive, createClient, logstore, project, startSls } from './sls-client.ts';

const settings: GateSettings = { maxConcurrent: 2, breaker: { failures: 3, openMs: 5000 } };
const queryOf = (changes: Partial<LogQuery> = {}): LogQuery => ({
  endpoint: parseEndpointUrl('https://cn-beijing.log.aliyuncs.com'),
  project,
  logstore,
  fromSeconds: 100,
  toSeconds: 115,
  query: '* | SELECT count(*) AS requests FROM log LIMIT 1',
  ...changes,
});

let nowMs = 0;
let logs: HeldLogs;
let gates: ProjectGates;
let events: unknown[];
beforeEach(() => {
  logs = new HeldLogs();
  events = [];
  gates = new ProjectGates({
    logs,
    settingsOf: (name) => ({ ...settings, maxConcurrent: { wide: 100, narrow: 1 }[name] ?? 2 }),
    observer: {
      circuitOpened: (event) => events.push(event),
      circuitClosed: (event) => events.push(event),
    },
    monotonicMs: () => nowMs,
    maxProjects: 3,
  });
});

/** Returns `ok`, or the code of the error. */
const outcome = (querying: Promise<unknown>) =>
  querying.then(
    () => 'ok',
    (error: unknown) => (error as AdapterError).code,
  );
const ask = (changes: Partial<LogQuery> = {}, signal = alive(), through = gates) =>
  outcome(through.query(queryOf(changes), signal));
const askTimes = (count: number, changes: Partial<LogQuery> = {}) =>
  Array.from({ length: count }, (_, n) => ask({ logstore: `l${n}`, ...changes }));
/** Sends queries whose end does not matter. */
const occupy = (count: number, changes: Partial<LogQuery> = {}) => void askTimes(count, changes);
const sentLogstores = () => logs.sent.map(({ query }) => query.logstore);
const countsOf = (name = project): ProjectCounts | undefined =>
  gates.counts().find((counts) => counts.project === name);

describe('the queries of one project', () => {
  it('run a few at the same time, in order', async () => {
    const asked = askTimes(5);
    expect(sentLogstores()).toEqual(['l0', 'l1']);
    expect(countsOf()).toEqual({
      project,
      endpoint: 'https://cn-beijing.log.aliyuncs.com',
      running: 2,
      waiting: 3,
      circuit: 'closed',
    });
    logs.sent[1]?.answer();
    await asked[1];
    await settled();
    expect(sentLogstores()).toEqual(['l0', 'l1', 'l2']);
    logs.sent[0]?.fail('QueryRefused');
    logs.sent[2]?.fail('SlsTimeout');
    expect(await asked[0]).toBe('QueryRefused');
    expect(await asked[2]).toBe('SlsTimeout');
    await settled();
    expect(sentLogstores()).toEqual(['l0', 'l1', 'l2', 'l3', 'l4']);
    for (const one of logs.sent.slice(3)) one.answer();
    expect(await Promise.all(asked.slice(3))).toEqual(['ok', 'ok']);
    await settled();
    expect(countsOf()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('do not delay other projects or other endpoints, and follow the settings of the project', () => {
    occupy(3);
    occupy(3, { project: 'other' });
    occupy(3, { endpoint: parseEndpointUrl('https://cn-beijing-intranet.log.aliyuncs.com') });
    expect(logs.sent).toHaveLength(6);
    occupy(50, { project: 'wide' });
    expect(logs.sent).toHaveLength(56);
  });

  it('leave the queue at once when they are canceled, and are never sent', async () => {
    occupy(2);
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const waiting = controllers.map(({ signal }, n) => ask({ logstore: `w${n}` }, signal));
    const last = ask({ logstore: 'last' });
    for (const controller of controllers) controller.abort();
    expect(await Promise.all(waiting)).toEqual(['Canceled', 'Canceled', 'Canceled']);
    expect(countsOf()).toMatchObject({ running: 2, waiting: 1 });
    logs.sent[0]?.answer();
    await settled();
    expect(sentLogstores()).toEqual(['l0', 'l1', 'last']);
    logs.sent[2]?.answer();
    expect(await last).toBe('ok');
  });

  it('free their place when they are canceled, even if the source ignores the signal', async () => {
    const controller = new AbortController();
    const running = [ask({ logstore: 'r0' }, controller.signal), ask({ logstore: 'r1' }, controller.signal)];
    occupy(2);
    controller.abort();
    expect(await Promise.all(running)).toEqual(['Canceled', 'Canceled']);
    await settled();
    expect(sentLogstores()).toEqual(['r0', 'r1', 'l0', 'l1']);
    expect(countsOf()).toMatchObject({ running: 2, waiting: 0 });
  });

  it('are not sent if they are canceled from the start', async () => {
    expect(await ask({}, AbortSignal.abort())).toBe('Canceled');
    expect(logs.sent).toEqual([]);
  });
});

describe('the circuit of a project', () => {
  const open = async (changes: Partial<LogQuery> = {}) => {
    for (let n = 0; n < 3; n++) {
      const asked = ask(changes);
      logs.sent.at(-1)?.fail('SlsUnavailable');
      await asked;
    }
    await settled();
  };

  it('refuses queries to the project, while other projects are queried', async () => {
    await open();
    expect(await ask()).toBe('SlsUnavailable');
    expect(countsOf()).toMatchObject({ circuit: 'open' });
    void ask({ project: 'other' });
    expect(logs.sent).toHaveLength(4);
  });

  it('is reported to the observer when it opens and when it closes', async () => {
    await open();
    const error = expect.objectContaining({ code: 'SlsUnavailable', what: 'held' }) as unknown;
    expect(events).toEqual([{ project, error, openMs: 5000 }]);
    nowMs += 5000;
    const probe = ask();
    expect(countsOf()).toMatchObject({ circuit: 'half-open' });
    logs.sent.at(-1)?.answer();
    expect(await probe).toBe('ok');
    expect(events.slice(1)).toEqual([{ project }]);
  });

  it('refuses queued queries too, and sends none of them', async () => {
    const asked = askTimes(40);
    for (let n = 0; n < 3; n++) {
      logs.sent[n]?.fail('SlsTimeout');
      expect(await asked[n]).toBe('SlsTimeout');
    }
    const refused = asked.slice(4);
    expect(await Promise.all(refused)).toEqual(refused.map(() => 'SlsTimeout'));
    await settled();
    expect(countsOf()).toMatchObject({ running: 1, waiting: 0, circuit: 'open' });
    expect(sentLogstores()).toEqual(['l0', 'l1', 'l2', 'l3']);
  });

  it.each(['narrow', project])('lets one of many simultaneous queries probe: %s', async (name) => {
    await open({ project: name });
    nowMs += 5000;
    const asked = askTimes(5, { project: name });
    expect(await Promise.all(asked.slice(1))).toEqual(Array(4).fill('SlsUnavailable'));
    logs.sent.at(-1)?.answer();
    expect(await asked[0]).toBe('ok');
    expect(logs.sent).toHaveLength(4);
  });

  it('lets the next query probe if the probe is canceled, even if the source ignores the signal', async () => {
    await open();
    nowMs += 5000;
    const controller = new AbortController();
    const probe = ask({}, controller.signal);
    expect(await ask()).toBe('SlsUnavailable');
    controller.abort();
    expect(await probe).toBe('Canceled');
    await settled();
    const next = ask();
    logs.sent.at(-1)?.answer();
    expect(await next).toBe('ok');
    expect(countsOf()).toMatchObject({ circuit: 'closed', running: 0 });
  });
});

describe('the gates that are kept', () => {
  const projects = () =>
    gates
      .counts()
      .map((counts) => counts.project)
      .sort();

  it('are those of the projects with queries, then of those that SLS has answered for', async () => {
    for (const name of ['real', 'busy', 'made-up']) void ask({ project: name });
    logs.sent[0]?.answer();
    logs.sent[2]?.fail('QueryRefused');
    await settled();
    void ask({ project: 'next' });
    expect(projects()).toEqual(['busy', 'next', 'real']);
    void ask({ project: 'another' });
    expect(projects()).toEqual(['another', 'busy', 'next']);
    void ask({ project: 'last' });
    expect(projects()).toEqual(['another', 'busy', 'last', 'next']);
  });
});

describe('the gates before a real SLS', () => {
  it('send few queries during an outage, none for canceled ones, and recover when SLS does', async () => {
    await using sls = await startSls();
    const { client } = createClient({ readTimeoutMs: 20_000 });
    const real = new ProjectGates({
      logs: client,
      settingsOf: () => ({ maxConcurrent: 2, breaker: { failures: 3, openMs: 5000 } }),
      observer: { circuitOpened: () => undefined, circuitClosed: () => undefined },
      monotonicMs: () => nowMs,
    });
    const toSeconds = Math.floor(Date.now() / 1000) - 10;
    const changes = { endpoint: parseEndpointUrl(sls.url), fromSeconds: toSeconds - 15, toSeconds };
    const askReal = (signal = alive()) => ask(changes, signal, real);
    expect(await Promise.all(Array.from({ length: 10 }, () => askReal()))).toEqual(Array(10).fill('ok'));
    expect(sls.stats()).toMatchObject({ queries: 10, peakConcurrency: 2 });

    sls.setFaults({ hang: true });
    const controller = new AbortController();
    const hanging = Array.from({ length: 10 }, () => askReal(controller.signal));
    await waitFor(() => sls.stats().queries === 12);
    controller.abort();
    expect(await Promise.all(hanging)).toEqual(Array(10).fill('Canceled'));

    sls.setFaults({ status: 503, errorCode: 'ServerBusy' });
    const during = [];
    for (let n = 0; n < 10; n++) during.push(await askReal());
    expect(during).toEqual(Array(10).fill('SlsThrottled'));
    expect(sls.stats().queries).toBe(15);

    sls.setFaults({});
    nowMs += 5000;
    expect(await askReal()).toBe('ok');
    expect(real.counts()).toMatchObject([{ running: 0, waiting: 0, circuit: 'closed' }]);
    client.close();
  });
});
