import type { ServerResponse } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { outcomeFromResult } from '../../src/reading/plan.ts';
import { AggregateSource } from '../../src/sls/aggregate-source.ts';
import { base, read } from '../metric/reads.ts';
import { aggregateQuery } from './aggregate-harness.ts';
import { startRawSls, type RawSls } from './raw-sls.ts';
import { alive, createClient } from './sls-client.ts';

// SLS answers that a route had 150 requests in 15 s, in many ways that are wrong. A reading is 10/s, or there is an error.

const route = 'default-a-80';
const nowSeconds = Math.floor(Date.now() / 1000);
const window = { startSeconds: nowSeconds - 25, endSeconds: nowSeconds - 10 };
const row = { effective_route: route, requests: '150', newest_second: String(window.endSeconds - 1) };
const meta = { progress: 'Complete', count: 1, processedRows: 150, elapsedMillisecond: 5 };
const reply = { meta, data: [row] };
const text = JSON.stringify(reply);

const truth = 10;
const invalid = 'SlsReplyInvalid';
type Lie = readonly [what: string, send: (response: ServerResponse) => unknown, outcome: string | number];

const body =
  (sent: unknown, headers: Record<string, string> = {}, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end(Buffer.isBuffer(sent) ? sent : String(sent));
const json = (sent: unknown) => body(JSON.stringify(sent));
const metaLie = (what: string, changes: object, outcome: string | number = invalid): Lie => [
  `meta: ${what}`,
  json({ meta: { ...meta, ...changes }, data: [row] }),
  outcome,
];
const rowLie = (what: string, changes: object, outcome: string | number = invalid): Lie => [
  `row: ${what}`,
  json({ meta, data: [{ ...row, ...changes }] }),
  outcome,
];
const dataLie = (what: string, data: unknown, outcome: string | number = invalid): Lie => [
  `data: ${what}`,
  json({ meta: { ...meta, count: Array.isArray(data) ? data.length : 1 }, data }),
  outcome,
];
const bodyLie = (what: string, sent: string | Buffer, outcome: string | number = invalid): Lie => [
  `body: ${what}`,
  body(sent),
  outcome,
];
const lz4 = (sent: string) => compressSync(Buffer.from(sent)).subarray(4);
const packedLie = (
  what: string,
  sent: Buffer | string,
  type: string,
  size: unknown,
  outcome: string | number = invalid,
): Lie => [
  `packed: ${what}`,
  body(sent, { 'x-log-compresstype': type, 'x-log-bodyrawsize': String(size) }),
  outcome,
];
const headerLie = (what: string, headers: Record<string, string>, outcome: string | number): Lie => [
  `header: ${what}`,
  body(text, headers),
  outcome,
];
const dated = (aheadSeconds: number) => new Date((nowSeconds + aheadSeconds) * 1000).toUTCString();

const lies: readonly Lie[] = [
  ['the truth', json(reply), truth],
  ...[null, 'Complete', [], 1, true, {}].map((wrong): Lie => [
    `meta is ${JSON.stringify(wrong)}`,
    json({ meta: wrong, data: [row] }),
    invalid,
  ]),
  ['no meta', json({ data: [row] }), invalid],
  ...[undefined, null, '', 'complete', 'COMPLETE', ' Complete', 'Unknown', true, 1, ['Complete'], {}].map(
    (progress) => metaLie(`progress ${JSON.stringify(progress)}`, { progress }),
  ),
  metaLie('progress Incomplete', { progress: 'Incomplete' }, 'SlsIncomplete'),
  ...[0, 2, -1, 1.5, 1e300, '1', null, true, [1], {}].map((count) =>
    metaLie(`count ${JSON.stringify(count)}`, { count }),
  ),
  metaLie('no count', { count: undefined }, truth),
  ...[-1, 'x', null, 1e300, {}].flatMap((wrong) => [
    metaLie(`processedRows ${JSON.stringify(wrong)}`, { processedRows: wrong }, truth),
    metaLie(`elapsedMillisecond ${JSON.stringify(wrong)}`, { elapsedMillisecond: wrong }, truth),
  ]),
  metaLie('keys that are no list', { keys: 'x', columnTypes: 7 }, truth),
  metaLie('more keys than types', { keys: ['requests', 'x'], columnTypes: ['varchar'] }, truth),
  [
    'meta twice, the last one incomplete',
    body(`{"meta":${JSON.stringify(meta)},"data":[],"meta":{"progress":"Incomplete"}}`),
    'SlsIncomplete',
  ],
  ...[null, {}, 'x', 1, true, [[row]], [null], [1], ['x'], [[]], [row, null]].map((data) =>
    dataLie(JSON.stringify(data).slice(0, 30), data),
  ),
  ['data: missing', json({ meta }), invalid],
  ['data: twice', body(`{"data":[],${text.slice(1)}`), invalid],
  ['data: twice, once in another spelling', body(`{"d\\u0061ta":[],${text.slice(1)}`), truth],
  ...['"d\\u0061ta":[]', `"data":${' '.repeat(21)}[]`, '"data":null'].map((last): Lie => [
    `data: again after the list, as ${last}`,
    body(`${text.slice(0, -1)},${last}}`),
    invalid,
  ]),
  dataLie('a row twice', [row, row]),
  dataLie('a route twice, with other numbers', [row, { ...row, requests: '1' }]),
  dataLie('a row of a route that was not asked for', [row, { ...row, effective_route: 'default-b-80' }]),
  dataLie('the route in capitals', [{ ...row, effective_route: route.toUpperCase() }]),
  dataLie('the route with a space', [{ ...row, effective_route: `${route} ` }]),
  ...[undefined, null, 1, [], {}].map((effective_route) =>
    rowLie(`route ${JSON.stringify(effective_route)}`, { effective_route }),
  ),
  ...[undefined, null, 150, true, [], ['150'], { value: 150 }].map((requests) =>
    rowLie(`requests ${JSON.stringify(requests)}, which is no text`, { requests }),
  ),
  ...[
    ...['null', 'NaN', 'Infinity', '-Infinity', '-150', '-0.1', '-1.0E300', '1.0E309', '9'.repeat(400)],
    ...['', ' ', ' 150', '150 ', '150\n', '150\0', '+150', '1e2', '1E+2', '0x96', '0b1', '1,500', '1_500'],
    ...['150.', '.5', '1.5.0', '--150', '150L', '１５０', '١٥٠', 'true', '150;1', "150'", '150/1', '∞'],
  ].map((requests) => rowLie(`requests ${JSON.stringify(requests).slice(0, 30)}`, { requests })),
  ...[
    ...['150.5', '1.505E2', '1.0E-4', '4.9E-324', '0', '0.0', '-0', '-0.0', '-0E1', '1.0E300'],
    ...['9007199254740992', '9.007199254740992E15', '9223372036854775807'],
  ].map((requests) => rowLie(`requests ${requests}, which is no count of lines`, { requests })),
  rowLie('requests as a double', { requests: '150.0' }, truth),
  rowLie('requests as Java prints a double', { requests: '1.5E2' }, truth),
  ...[
    ...['0', '-1', String(window.endSeconds), String(window.startSeconds - 1), 'x', '', '9'.repeat(400)],
    `${window.endSeconds - 1}.5`,
  ].map((newest_second) =>
    rowLie(`newest line ${JSON.stringify(newest_second).slice(0, 30)}`, { newest_second }),
  ),
  rowLie('no newest line', { newest_second: undefined }),
  rowLie('more columns', { __source__: '', __time__: 'x', constructor: '1', toString: '2' }, truth),
  rowLie('a column in capitals', { REQUESTS: '1' }, truth),
  rowLie('the column in capitals alone', { requests: undefined, REQUESTS: '150' }),
  rowLie(
    '1,001 columns',
    Object.fromEntries(Array.from({ length: 1001 }, (_, column) => [`c${column}`, ''])),
    'SlsResultTooLarge',
  ),
  [
    'row: __proto__ has the number',
    body(text.replace('"requests":"150"', '"__proto__":{"requests":"150"}')),
    invalid,
  ],
  ['row: a column twice, the last one wrong', body(text.replace('"150"', '"150","requests":"-1"')), invalid],
  bodyLie('empty', ''),
  ...['null', '[]', '{}', 'true', '7', '"Complete"', '<html>502</html>', 'Complete'].map((sent) =>
    bodyLie(sent, sent),
  ),
  ...[1, 2, 10, 40, text.length - 20].map((cut) =>
    bodyLie(`without its last ${cut} bytes`, text.slice(0, -cut)),
  ),
  bodyLie('twice', text + text),
  bodyLie('with a bracket more', `${text}}`),
  bodyLie('with a byte-order mark', `\uFEFF${text}`),
  bodyLie('with a NUL', `${text}\0`),
  bodyLie('as UTF-16', Buffer.from(text, 'utf16le')),
  bodyLie('with single quotes', text.replaceAll('"', "'")),
  bodyLie('with a comment', `/* x */${text}`),
  bodyLie('with raw bytes in the route', Buffer.from(text.replace(route, `${route}\xff`), 'latin1')),
  bodyLie('an error as 200', '{"errorCode":"ServerBusy","errorMessage":"busy"}'),
  packedLie('lz4', lz4(text), 'lz4', text.length, truth),
  packedLie('zlib', deflateSync(text), 'gzip', text.length, truth),
  packedLie('deflate', deflateSync(text), 'deflate', text.length, truth),
  packedLie('gzip, which SLS does not send under that name', gzipSync(text), 'gzip', text.length),
  ...[0, 1, text.length - 1, text.length + 1, -1, '', 'x', '1e3', '9'.repeat(20)].map((size) =>
    packedLie(`lz4 of the size ${JSON.stringify(size)}`, lz4(text), 'lz4', size),
  ),
  packedLie('lz4 of the size 3 GB', lz4(text), 'lz4', 3e9, 'SlsResultTooLarge'),
  ...[1, 5, 20].map((cut) => packedLie(`lz4 cut by ${cut}`, lz4(text).subarray(0, -cut), 'lz4', text.length)),
  packedLie('empty', '', 'lz4', text.length),
  packedLie('text that says lz4', text, 'lz4', text.length),
  packedLie('zlib that says lz4', deflateSync(text), 'lz4', text.length),
  packedLie('lz4 that says gzip', lz4(text), 'gzip', text.length),
  packedLie('zlib cut', deflateSync(text).subarray(0, -8), 'gzip', text.length),
  ...['zstd', 'LZ4', 'br', '', 'lz4, gzip'].map((type) =>
    packedLie(`as ${JSON.stringify(type)}`, lz4(text), type, text.length),
  ),
  headerLie('Content-Encoding gzip', { 'content-encoding': 'gzip' }, invalid),
  headerLie('Content-Encoding identity', { 'content-encoding': 'identity' }, truth),
  ...['text/html', 'application/octet-stream', '', 'application/json; charset=utf-16', ';;'].map((type) =>
    headerLie(`Content-Type ${JSON.stringify(type)}`, { 'content-type': type }, truth),
  ),
  headerLie('Date an hour ago', { date: dated(-3600) }, 'ClockSkewed'),
  headerLie('Date in an hour', { date: dated(3600) }, 'ClockSkewed'),
  headerLie('Date that is none', { date: 'yesterday' }, truth),
  headerLie('a long request ID', { 'x-log-requestid': 'x'.repeat(5000) }, truth),
  headerLie('Content-Length too short', { 'content-length': String(text.length - 5) }, invalid),
  [
    'header: Content-Length too long',
    (response) => {
      response.writeHead(200, { 'content-length': text.length + 5 });
      response.write(text);
      setImmediate(() => response.destroy());
    },
    'SlsUnavailable',
  ],
  ['status: 204', (response) => response.writeHead(204).end(), invalid],
  ['status: 302 without a body', (response) => response.writeHead(302, { location: '/' }).end(), invalid],
  ['status: 400 with the truth', body(text, {}, 400), invalid],
  ['status: 500 with the truth', body(text, {}, 500), 'SlsUnavailable'],
];

const { client } = createClient();
const source = new AggregateSource(client);
const [series] = read(`${base},sls.ingress.route=${route}`).series;
let lie: Lie[1] = body('');
let sls: RawSls;
beforeAll(async () => {
  sls = await startRawSls((_, response) => {
    // The clock of the adapter stands still here, so that of SLS does too.
    response.setHeader('date', dated(0));
    lie(response);
  });
});
afterAll(async () => {
  client.close();
  await sls[Symbol.asyncDispose]();
});

/** Returns the reading, or the code of the error. */
async function outcome(): Promise<number | string> {
  if (series === undefined) throw new Error('the selector has no series');
  try {
    const query = aggregateQuery(sls.url, nowSeconds, window, { routes: [route] });
    const { byRoute } = await source.query(query, alive());
    const found = outcomeFromResult(series, window, byRoute);
    return found.kind === 'sample' ? found.sample.value : found.error.code;
  } catch (error) {
    if (error instanceof AdapterError) return error.code;
    throw error;
  }
}

it.each(lies)('a reply of SLS gives its number or an error: %s', async (_, send, expected) => {
  lie = send;
  expect(await outcome()).toBe(expected);
});
