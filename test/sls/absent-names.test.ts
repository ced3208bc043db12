import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import type { LogQuery } from '../../src/sls/client.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { ProjectGates } from '../../src/sls/project-gates.ts';
import { HeldLogs } from './held-logs.ts';
import { alive } from './sls-client.ts';

let nowMs = 0;
let logs: HeldLogs;
let gates: ProjectGates;
beforeEach(() => {
  logs = new HeldLogs();
  gates = new ProjectGates({
    logs,
    settingsOf: () => ({ maxConcurrent: 5, breaker: { failures: 3, openMs: 5000 } }),
    observer: { circuitOpened: () => undefined, circuitClosed: () => undefined },
    monotonicMs: () => nowMs,
  });
});

type Names = Partial<Pick<LogQuery, 'project' | 'logstore'>>;

/** Returns `ok`, or the error. */
const ask = (names: Names = {}) =>
  gates
    .query(
      {
        endpoint: parseEndpointUrl('https://cn-beijing.log.aliyuncs.com'),
        ...{ project: 'k8s-log-c1', logstore: 'nginx-ingress', ...names },
        ...{ fromSeconds: 100, toSeconds: 115, query: '* | SELECT 1 LIMIT 1' },
      },
      alive(),
    )
    .then(
      () => 'ok',
      (error: unknown) => error as AdapterError,
    );

describe('a name that SLS does not know', () => {
  const missing = async (names: Names, code: 'ProjectNotFound' | 'LogstoreNotFound') => {
    const asked = ask(names);
    logs.sent.at(-1)?.fail(code);
    const error = await asked;
    return error instanceof AdapterError ? error.message : error;
  };

  it('is asked for ever more rarely, and told from memory meanwhile', async () => {
    const told = new Set<string>();
    for (const pauseSeconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      told.add(await missing({ logstore: 'typo' }, 'LogstoreNotFound'));
      nowMs += pauseSeconds * 1000 - 1;
      expect(await ask({ logstore: 'typo' })).toMatchObject({ code: 'LogstoreNotFound', retryable: false });
      nowMs += 1;
    }
    expect(logs.sent).toHaveLength(8);
    expect([...told]).toEqual([expect.stringMatching(/^held; SLS is asked again within a minute\. /)]);
    void ask();
    expect(logs.sent).toHaveLength(9);
  });

  it('is asked for by one query at a time, and as usual once it answers', async () => {
    await missing({ project: 'new' }, 'ProjectNotFound');
    expect(await ask({ project: 'new', logstore: 'another' })).toMatchObject({ code: 'ProjectNotFound' });
    nowMs += 1000;
    const asked = [1, 2, 3].map(() => ask({ project: 'new' }));
    expect(await Promise.all(asked.slice(1))).toMatchObject(Array(2).fill({ code: 'ProjectNotFound' }));
    logs.sent.at(-1)?.answer();
    expect(await asked[0]).toBe('ok');
    for (const logstore of ['a', 'b']) void ask({ project: 'new', logstore });
    expect(logs.sent).toHaveLength(4);
  });
});
