import { setImmediate as nextTurn } from 'node:timers/promises';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { ReadEndpoint, readRoute } from '../../../src/api/read/external-metrics.ts';
import { AdapterError } from '../../../src/errors.ts';
import { readPath } from '../../support/adapter.ts';

it('reads with long selectors are parsed one in each turn of the event loop, and short ones at once', async () => {
  let turn = 0;
  const parsed: [string, number][] = [];
  const endpoint = new ReadEndpoint({
    reader: { read: () => expect.unreachable(), fresh: () => undefined },
    parseRequest: (_, namespace) => {
      parsed.push([namespace, turn]);
      throw new AdapterError('LabelUnknown', 'no label is known');
    },
    observer: { readFinished: () => undefined },
    clock: Date,
  });
  await using app = Fastify({ routerOptions: { maxParamLength: 512 } });
  app.decorateRequest('userName', 'alice').get(readRoute, endpoint.handle.bind(endpoint));
  await app.ready();
  const long = `sls.ingress.route in (${Array.from({ length: 200 }, (_, index) => `a-b-${index}`).join()})`;
  const names = ['long-1', 'long-2', 'long-3', 'short'];
  const replies = names.map((name) =>
    app.inject({ url: readPath('sls_ingress_qps', name === 'short' ? 'a=b' : long, name) }),
  );
  while (parsed.length < names.length) {
    turn += 1;
    await nextTurn();
  }
  expect((await Promise.all(replies)).map(({ statusCode }) => statusCode)).toEqual([400, 400, 400, 400]);
  const turns = Object.fromEntries(parsed);
  expect(new Set(names.slice(0, 3).map((name) => turns[name])).size).toBe(3);
  expect(turns['short']).toBeLessThan(turns['long-2'] ?? 0);
});
