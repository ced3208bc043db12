import { describe, expect, it } from 'vitest';
import { parseBody, queryKind, watchQueries } from '../../../bench/sls/query-watch.ts';
import { startEmulator } from '../../../emulator/emulator.ts';
import { queryText, secondCountsText } from '../../../src/sls/query-text.ts';
import { waitFor } from '../../support/wait-for.ts';
import { ingressLogs } from '../../../src/metric/ingress-logs.ts';

const window = { startSeconds: 100, endSeconds: 115 };

describe('queryKind', () => {
  it.each([
    ['of named routes', ['default-web-80'], false],
    ['of every route', ['default-web-80'], true],
    ['of the whole logstore', undefined, false],
  ])('is reading for readings %s', (_, routes, everyRoute) => {
    const text = queryText({
      logKind: ingressLogs['nginx-ingress'],
      filters: {},
      window,
      routes,
      everyRoute,
      maxRows: 1000,
      aggregates: { requests: 'count(*)' },
      hasAlternative: true,
    });
    expect(queryKind(text)).toBe('reading');
  });

  it('is completeness for counts per second', () => {
    expect(queryKind(secondCountsText(window))).toBe('completeness');
  });
});

describe('parseBody', () => {
  it('returns the text and the time range of a query', () => {
    expect(parseBody('{"from":100,"to":115,"query":"*"}')).toEqual({
      text: '*',
      fromSeconds: 100,
      toSeconds: 115,
      windowStartSeconds: 100,
      windowEndSeconds: 115,
    });
  });

  it('takes the window of the SQL, because the time range is rounded to minutes', () => {
    const query = secondCountsText(window);
    expect(parseBody(JSON.stringify({ from: 60, to: 120, query }))).toEqual({
      text: query,
      fromSeconds: 60,
      toSeconds: 120,
      windowStartSeconds: 100,
      windowEndSeconds: 115,
    });
  });

  it.each([
    '',
    '{"from":100,"to":',
    'null',
    '[]',
    '7',
    '{"from":100,"to":115}',
    '{"from":1,"to":2,"query":3}',
  ])('is undefined for %j', (body) => {
    expect(parseBody(body)).toBeUndefined();
  });
});

describe('watchQueries', () => {
  it('reports queries until it is unsubscribed', async () => {
    await using emulator = await startEmulator({
      logstores: [{ project: 'p-1', logstore: 'nginx-ingress' }],
    });
    const seen: string[] = [];
    const stop = watchQueries(({ text }) => seen.push(text));
    const post = async (query: unknown): Promise<void> => {
      const body = JSON.stringify({ from: 100, to: 115, query });
      const url = `${emulator.url}/logstores/nginx-ingress/logs`;
      const reply = await fetch(url, { method: 'POST', body, headers: { host: 'p-1.localhost' } });
      await reply.arrayBuffer();
    };
    await post('first');
    await waitFor(() => seen.length === 1);
    await post(3);
    stop();
    await post('second');
    await post('third');
    expect(seen).toEqual(['first']);
  });
});
