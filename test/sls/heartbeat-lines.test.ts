import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { AggregateSource } from '../../src/sls/aggregate-source.ts';
import type { LogSource } from '../../src/sls/client.ts';
import { HeartbeatLines, type HeartbeatLog } from '../../src/sls/heartbeat-lines.ts';
import { aggregateQuery } from './aggregate-harness.ts';
import { alive } from './sls-client.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';

const logstore = { project: 'p1', logstore: 'nginx-ingress' };
const unindexed = (field: string) =>
  new AdapterError(
    'IndexMissing',
    `SLS, p1/nginx-ingress: ParameterInvalid: key (${field}) is not config as key value config`,
  );

function setup() {
  const lines = new HeartbeatLines({ url: new URL('http://10.0.0.1/'), ...logstore });
  let failure: AdapterError | undefined;
  const sent: (HeartbeatLog | undefined)[] = [];
  const ask = (plannedAtSeconds: number, where = logstore) => {
    const window = { startSeconds: plannedAtSeconds - 25, endSeconds: plannedAtSeconds - 10 };
    return lines.query({ ...where, window, plannedAtSeconds }, (log) => {
      sent.push(log);
      return log !== undefined && failure !== undefined ? Promise.reject(failure) : Promise.resolve('rows');
    });
  };
  const fail = (error: AdapterError | undefined) => (failure = error);
  return { lines, sent, ask, fail };
}

describe('the lines of heartbeats', () => {
  it('are left out in their logstore alone', async () => {
    const { lines, sent, ask } = setup();
    expect(lines.isIndexed).toBeUndefined();
    await ask(1000, { ...logstore, project: 'p2' });
    await ask(1000, { ...logstore, logstore: 'other' });
    expect(lines.isIndexed).toBeUndefined();
    await ask(1000);
    expect(sent).toEqual([undefined, undefined, lines.log]);
    expect(lines.isIndexed).toBe(true);
  });

  it('cannot be left out without an index: then queries go without that, and try again after 10 minutes', async () => {
    const { lines, sent, ask, fail } = setup();
    fail(unindexed('http_user_agent'));
    await expect(ask(1000)).resolves.toBe('rows');
    await expect(ask(1100)).resolves.toBe('rows');
    expect(sent).toEqual([lines.log, undefined, undefined]);
    expect(lines.isIndexed).toBe(false);
    fail(undefined);
    await ask(1599);
    expect(lines.isIndexed).toBe(false);
    await ask(1600);
    expect(lines.isIndexed).toBe(true);
  });

  it('fail a query whose window may have some when the index is gone', async () => {
    const { lines, ask, fail } = setup();
    await ask(1000);
    fail(unindexed('http_user_agent'));
    await expect(ask(1010)).rejects.toThrow('http_user_agent');
    expect(lines.isIndexed).toBe(false);
    await expect(ask(1084)).rejects.toThrow('http_user_agent');
    await expect(ask(1085)).resolves.toBe('rows');
  });

  it('say nothing about other failures', async () => {
    const { lines, sent, ask, fail } = setup();
    fail(unindexed('host'));
    await expect(ask(1000)).rejects.toThrow('host');
    fail(new AdapterError('SlsUnavailable', 'down'));
    await expect(ask(1000)).rejects.toThrow('down');
    expect(sent).toHaveLength(2);
    expect(lines.isIndexed).toBeUndefined();
  });

  it('have a User-Agent that tells addresses and logstores apart', () => {
    const startOf = (url: string, name: string) =>
      new HeartbeatLines({ url: new URL(url), project: 'p1', logstore: name }).log.agentStart;
    const starts = [
      startOf('http://10.0.0.1/', 'a1'),
      startOf('http://10.0.0.2/', 'a1'),
      startOf('http://10.0.0.1/', 'a2'),
    ];
    expect(new Set(starts).size).toBe(3);
    for (const start of starts) expect(start).toMatch(/^sls-metrics-adapter-heartbeat\/1 [0-9a-f]{8}-$/);
  });

  it('count in a SELECT of the user, which does not show that their field has an index', async () => {
    const sent: string[] = [];
    const down: LogSource['query'] = (logQuery) => {
      sent.push(logQuery.query);
      return Promise.reject(new AdapterError('SlsUnavailable', 'down'));
    };
    const { lines } = setup();
    const source = new AggregateSource({ query: down }, lines);
    const window = { startSeconds: 100, endSeconds: 115 };
    const own = { search: '*', sql: 'SELECT 1 AS value', columns: {}, numbers: [], groupBy: undefined };
    for (const logKind of [ingressLogs['nginx-ingress'], own]) {
      const query = aggregateQuery('http://127.0.0.1:1', 125, window, { logKind, routes: undefined });
      await expect(source.query({ ...query, ...logstore }, alive())).rejects.toThrow('down');
    }
    expect(sent.map((text) => text.includes('http_user_agent'))).toEqual([true, false]);
  });
});
