import { describe, expect, it } from 'vitest';
import { queryKind } from '../../../bench/sls/query-watch.ts';
import { queryText, secondCountsText } from '../../../src/sls/query-text.ts';

const window = { startSeconds: 100, endSeconds: 115 };

describe('the kinds of queries', () => {
  it.each([
    ['of routes that are named', ['default-web-80'], false],
    ['of every route', ['default-web-80'], true],
    ['of the whole logstore', undefined, false],
  ])('tells readings %s', (_, routes, everyRoute) => {
    const text = queryText({
      logKind: 'nginx-ingress',
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

  it('tells counts of seconds', () => {
    expect(queryKind(secondCountsText(window))).toBe('completeness');
  });
});
