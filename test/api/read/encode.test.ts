import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeYaml } from '../../../src/api/read/encode.ts';
import { encodeProtobuf, type EncodableKind } from '../../../src/api/read/encode.ts';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { TestClock } from '../../support/test-clock.ts';

const route = 'default-bert-8501';
const clock = new TestClock();
const good = readPath(
  'sls_ingress_qps',
  selectorOf({ 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route }),
);
const protobuf = 'application/vnd.kubernetes.protobuf';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

let emulator: Emulator;
let adapter: TestAdapter;
beforeAll(async () => {
  emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock });
  const fields = { proxy_upstream_name: route, status: '200' };
  const records = Array.from({ length: 119 }, () => ({ timeSeconds: clock.nowSeconds - 15, fields }));
  await emulator.sink(project, logstore).append(records);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const ask = (path: string, accept: string | undefined, headers: Readonly<Record<string, string>> = {}) =>
  adapter.request(path, { headers: accept === undefined ? headers : { accept, ...headers } });

interface Reading {
  readonly kind: EncodableKind;
  readonly apiVersion: string;
  readonly items: readonly { readonly value: string }[];
}

describe('a reading', () => {
  let reading: Reading;
  beforeEach(async () => {
    reading = (await ask(good, 'application/json')).body as Reading;
    expect(reading.items.map(({ value }) => value)).toEqual(['7934m']);
  });

  it('is protobuf for the horizontal pod autoscaler', async () => {
    const { statusCode, headers, bytes } = await ask(good, `${protobuf}, */*`);
    expect([statusCode, headers['content-type']]).toEqual([200, protobuf]);
    expect(bytes.toString('hex')).toBe(encodeProtobuf(reading).toString('hex'));
    expect(headers['content-length']).toBe(String(bytes.length));
  });

  it('is YAML if the client asks for it', async () => {
    const { headers, text } = await ask(good, 'application/yaml');
    expect([headers['content-type'], parse(text)]).toEqual(['application/yaml', reading]);
  });

  it.each([undefined, '*/*', 'application/json, */*', `${table},application/json`])(
    'is compact JSON for Accept: %s',
    async (accept) => {
      const { headers, text } = await ask(good, accept);
      expect([headers['content-type'], text]).toEqual(['application/json', `${JSON.stringify(reading)}\n`]);
    },
  );

  it.each<[what: string, path: string, accept: string, userAgent: string, indented: boolean]>([
    ['for curl', good, '*/*', 'curl/8.5.0', true],
    ['for a browser', good, 'text/html,*/*;q=0.8', 'Mozilla/5.0 (X11; Linux x86_64)', true],
    ['for kubectl', good, 'application/json, */*', 'kubectl/v1.35.0', false],
    ['on ?pretty=true', `${good}&pretty=true`, '*/*', 'kubectl/v1.35.0', true],
    ['on ?pretty=false', `${good}&pretty=false`, '*/*', 'curl/8.5.0', false],
    ['on pretty=1 in the media type', good, 'application/json;pretty=1', 'kubectl/v1.35.0', true],
  ])('is indented %s: %s', async (_, path, accept, userAgent, indented) => {
    const { text } = await ask(path, accept, { 'user-agent': userAgent });
    expect(text).toBe(`${JSON.stringify(reading, null, indented ? 2 : undefined)}\n`);
  });

  it.each(['application/cbor', 'text/html', table, 'nonsense'])('is a 406 for Accept: %s', async (accept) => {
    const reply = await ask(good, accept);
    const listed =
      /^only the following media types are accepted: application\/json, application\/yaml, application\/vnd\.kubernetes\.protobuf\. /;
    expectStatus(reply, 406, 'NotAcceptable', listed);
  });

  it('in an unacceptable media type is refused before SLS is asked', async () => {
    const labels = { 'sls.project': project, 'sls.logstore': 'missing' };
    const path = readPath('sls_ingress_qps', selectorOf(labels));
    expectStatus(await ask(path, '*/*'), 404, 'LogstoreNotFound', /missing/);
    expectStatus(await ask(path, 'text/html'), 406, 'NotAcceptable', /./);
  });
});

describe('an error', () => {
  const faults: [what: string, path: string, method: string, code: number][] = [
    ['a bad selector', readPath('sls_ingress_qps', 'a in'), 'GET', 400],
    ['an unknown metric', readPath('nope', ''), 'GET', 404],
    ['an unknown path', '/nope', 'GET', 404],
    ['a method', good, 'POST', 405],
    ['an unreadable URL', '/apis/%zz', 'GET', 400],
  ];

  it.each(faults)('for %s has the requested media type', async (_, path, method, code) => {
    const send = (accept: string) => adapter.request(path, { method, headers: { accept } });
    const json = await send('application/json');
    const status = json.body as { readonly kind: EncodableKind; readonly apiVersion: string };
    expect([json.statusCode, json.headers['content-type']]).toEqual([code, 'application/json']);
    expect(status).toMatchObject({ kind: 'Status', code });
    const binary = await send(`${protobuf}, */*`);
    expect([binary.statusCode, binary.headers['content-type']]).toEqual([code, protobuf]);
    expect(binary.bytes.toString('hex')).toBe(encodeProtobuf(status).toString('hex'));
    const yaml = await send('application/yaml');
    expect([yaml.headers['content-type'], parse(yaml.text)]).toEqual(['application/yaml', status]);
  });

  it.each(faults)(
    'for %s is JSON if the client accepts no served media type',
    async (_, path, method, code) => {
      const { statusCode, headers, body } = await adapter.request(path, {
        method,
        headers: { accept: 'text/html' },
      });
      expect([statusCode, headers['content-type']]).toEqual([code, 'application/json']);
      expect(body).toMatchObject({ kind: 'Status', code });
    },
  );
});

describe('YAML', () => {
  it('has the same content as JSON to parsers of both versions of YAML', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('10', 'on', 'no', '0o7', '1:30', '~', '', '2026-11-23'),
    );
    fc.assert(
      fc.property(
        fc.record({ kind: text, items: fc.array(fc.record({ value: text, window: fc.nat() })) }),
        (body) => {
          const yaml = encodeYaml(body).toString();
          expect(parse(yaml, { version: '1.1' })).toEqual(body);
          expect(parse(yaml, { version: '1.2' })).toEqual(body);
        },
      ),
    );
  });

  it('quotes strings only', () => {
    expect(encodeYaml({ kind: 'Status', metadata: {}, code: 404 }).toString()).toBe(
      'kind: "Status"\nmetadata: {}\ncode: 404\n',
    );
  });
});
