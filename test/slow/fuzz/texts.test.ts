import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../src/config/schema.ts';
import { AdapterError } from '../../../src/errors.ts';
import { parseLabelSelector } from '../../../src/grammar/label-selector.ts';
import { pageOf } from '../../../src/kube/client/list-pages.ts';
import { KubeError } from '../../../src/kube/client/kube-error.ts';
import { watchEvents } from '../../../src/kube/client/watch-events.ts';
import { unpacked } from '../../../src/sls/large-replies.ts';
import { readReply } from '../../../src/sls/read-reply.ts';
import { fuzz, fuzzSeconds } from './fuzz.ts';
import { expectWithin } from '../../support/own-time.ts';

const limitMs = fuzzSeconds * 1100 + 60_000;

/** Text that is nearly right: parts of good text, cut, repeated and mixed with others. */
const mixed = (...parts: readonly string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'binary', maxLength: 5 })), {
      maxLength: 40,
    })
    .map((all) => all.join(''));

/** Whether it is an error that tells what is wrong, and no fault of the adapter. */
const isTold = (error: unknown) =>
  (error instanceof AdapterError && error.code !== 'Internal') || error instanceof KubeError;

/** Calls it, and fails on any other error, and on one that takes a second. */
async function survives(act: () => unknown): Promise<void> {
  const startMs = process.cpuUsage().user / 1000;
  try {
    await act();
  } catch (error) {
    if (!isTold(error)) throw error;
  }
  expectWithin(process.cpuUsage().user / 1000 - startMs, 1000);
}

describe('fuzzing', () => {
  it(
    'selectors are parsed or refused',
    () => {
      const text = mixed(
        'a',
        'sls.project',
        '=',
        '==',
        '!=',
        '!',
        ' in ',
        'notin',
        '(',
        ')',
        ',',
        ' ',
        'x/',
        '-',
        '.',
      );
      return fuzz(fc.asyncProperty(text, (selector) => survives(() => parseLabelSelector(selector))));
    },
    limitMs,
  );

  it(
    'replies of SLS give the rows of JSON.parse, or an error',
    () => {
      const text = mixed(
        '{',
        '}',
        '[',
        ']',
        '"meta":',
        '"progress":"Complete"',
        '"data":',
        '{"a":"1"}',
        ',',
        '"',
        ':',
        '7',
      );
      const tail = fc.tuple(text, fc.boolean(), fc.nat({ max: 60 }));
      return fuzz(
        fc.asyncProperty(tail, ([middle, isWhole, cut]) =>
          survives(async () => {
            const good = `{"meta":{"progress":"Complete"},"data":[{"a":"1"}${middle}]}`;
            const body = isWhole ? good : middle + good.slice(cut);
            const { rows } = await readReply(Buffer.from(body), {}, 'p/l');
            expect(rows).toEqual((JSON.parse(body) as { data: unknown }).data);
          }),
        ),
      );
    },
    limitMs,
  );

  it(
    'packed replies of SLS unpack to the size that they say, or are an error',
    () => {
      const reply = fc.tuple(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat({ max: 70_000 }),
        fc.constantFrom('lz4', 'gzip'),
      );
      return fuzz(
        fc.asyncProperty(reply, ([bytes, size, type]) =>
          survives(async () => {
            const headers = { 'x-log-compresstype': type, 'x-log-bodyrawsize': String(size) };
            const result = await unpacked({ statusCode: 200, headers, body: Buffer.from(bytes) }, 'p/l');
            expect(result).toHaveLength(size);
          }),
        ),
      );
    },
    limitMs,
  );

  it(
    'watch events and lists of the API server are read or refused',
    () => {
      const text = mixed(
        '{"type":"ADDED","object":{}}',
        '\n',
        '{',
        '}',
        '"type":',
        '"BOOKMARK"',
        '"object":',
        'null',
        '[',
        ']',
      );
      return fuzz(
        fc.asyncProperty(text, fc.nat({ max: 50 }), fc.jsonValue(), (lines, at, list) =>
          survives(async () => {
            pageOf(list);
            const bytes = new TextEncoder().encode(lines);
            const chunks = ReadableStream.from([
              bytes.slice(0, at),
              bytes.slice(at),
            ]) as AsyncIterable<Uint8Array>;
            for await (const { object } of watchEvents(chunks, () => undefined))
              expect(object).toBeTypeOf('object');
          }),
        ),
      );
    },
    limitMs,
  );

  it(
    'configuration files are taken, or refused with the faults',
    () => {
      const keys = [
        'sls',
        'reading',
        'metrics',
        'projects',
        'labels',
        'pattern',
        'access',
        'region',
        'name',
        'search',
      ];
      const key = fc.oneof(fc.constantFrom(...keys, '__proto__'), fc.string({ maxLength: 5 }));
      const value = fc.letrec((tie) => ({
        leaf: fc.oneof(
          fc.string(),
          fc.double(),
          fc.constantFrom(null, true, '(a+)+b', '{route}', '*', 'r1', 1e300),
        ),
        tree: fc.oneof(
          { maxDepth: 5, depthSize: 'small' },
          tie('leaf'),
          fc.array(tie('tree'), { maxLength: 4 }),
          fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
        ),
      })).tree;
      return fuzz(
        fc.asyncProperty(
          value,
          mixed('a:', '\n', ' ', '- ', '&a', '*a', '!!', '{', '}', '"'),
          (settings, text) =>
            survives(() => {
              expect(configSchema.safeParse(settings).success).toBeTypeOf('boolean');
              try {
                configSchema.safeParse(parse(text, { maxAliasCount: 100, logLevel: 'error' }));
              } catch (error) {
                expect((error as Error).name).toMatch(/^(YAML\w+|ReferenceError)$/);
              }
            }),
        ),
      );
    },
    limitMs,
  );
});
