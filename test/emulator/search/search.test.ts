import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { getLogsV2, line, logstore, project, startTestEmulator } from '../harness.ts';

const records = [
  line(
    {
      req_id: 'a',
      method: 'GET',
      status: '200',
      url: '/v1/models/bert:predict?x=1',
      proxy_upstream_name: 'default-nginx-80',
    },
    9,
  ),
  line(
    {
      req_id: 'b',
      method: 'POST',
      status: '404',
      url: '/login',
      proxy_upstream_name: 'default-nginx-8080',
      __source__: '10.0.0.7',
    },
    8,
  ),
  line(
    {
      req_id: 'c',
      method: 'GET',
      status: '500',
      url: '/',
      proxy_upstream_name: 'kube-system-nginx-80',
      request_time: '0.25',
    },
    7,
  ),
  line({ req_id: 'd', method: 'PUT', status: '-', host: '', odd: 'Needle in hay, "quoted" once' }, 6),
];

describe('search statements of the emulator', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startTestEmulator({}, records);
  });
  afterAll(() => emulator.stop());

  const found = async (query: string) => {
    const reply = await getLogsV2(emulator, query);
    expect(reply.errorMessage).toBe('');
    return reply.data.map((row) => row['req_id']).join('');
  };

  it.each([
    ['*', 'abcd'],
    ['', 'abcd'],
    ['method: get', 'ac'],
    ['method:GET', 'ac'],
    ['method: "GET"', 'ac'],
    ['not method: get', 'bd'],
    ['method: get and status: 500', 'c'],
    ['method: get AND NOT status: 500', 'a'],
    ['method: get status: 500', 'c'],
    ['method: get or status: 404', 'abc'],
    ['method: put or method: get and status: 500', 'cd'],
    ['(method: put or method: get) and status: 500', 'c'],
    ['not (method: put or method: get)', 'b'],
    ['proxy_upstream_name: default-nginx-80', 'a'],
    ['proxy_upstream_name: DEFAULT-nginx-80', 'a'],
    ['proxy_upstream_name: nginx', ''],
    ['proxy_upstream_name: default-nginx-80*', 'ab'],
    ['proxy_upstream_name: *', 'abc'],
    ['not proxy_upstream_name: *', 'd'],
    ['host: ""', 'd'],
    ['source: 10.0.0.7', 'b'],
    ['__source__: 10.0.0.7', 'b'],
    ['url: bert', 'a'],
    ['url: "predict bert"', 'a'],
    ['url: #"bert:predict"', 'a'],
    ['url: #"predict bert"', ''],
    ['url: pred*t', 'a'],
    ['url: be?t', 'a'],
    ['url: be?', ''],
    ['login', 'b'],
    ['needle', 'd'],
    ['needle hay', 'd'],
    ['quoted', 'd'],
    ['need*', 'd'],
    ['"bert:predict"', 'a'],
    ['status >= 404', 'bc'],
    ['status > 404', 'c'],
    ['status = 200', 'a'],
    ['status < 404', 'a'],
    ['status <= 404', 'ab'],
    ['status in [200 404]', 'ab'],
    ['status in [200 404)', 'a'],
    ['status in (200 404]', 'b'],
    ['request_time > 0.2', 'c'],
    ['not status: 200', 'bcd'],
    ['method: "a\\" or *"', ''],
    // A number compared with text is a search of its words, also in the names of fields.
    ['method > 3', ''],
    ['url > 1', 'a'],
    ['url = 1', 'a'],
    ['url in [1 1]', ''],
    ['request_time', 'c'],
    ['status > abc', ''],
    ['status in [bert 1]', ''],
    ['not method: get and status: 500', 'abd'],
    ['not method: get or status: 500', 'bcd'],
    ['method: get not status: 500 and url: "/"', 'ac'],
    ['"limit" or needle', 'd'],
    ['odd', 'd'],
    ["method: x' OR '1'='1", undefined],
  ])('%s finds %s', async (query, ids) => {
    if (ids === undefined) expect((await getLogsV2(emulator, query)).errorCode).toBe('ParameterInvalid');
    else expect(await found(query)).toBe(ids);
  });

  it.each([
    ['nosuch: x', 'key (nosuch) is not config as key value config'],
    ['constructor: x', 'key (constructor) is not config as key value config'],
    ['odd: needle', 'key (odd) is not config as key value config'],
    ['status: abc', 'is not a number'],
    ['method: "open', 'unclosed string quote'],
    ['(method: get', 'syntax error'],
    ['method: get)', 'syntax error'],
    ['method:', 'syntax error'],
    ['and', 'syntax error'],
    ['limit', 'syntax error'],
    ['method: get sort', 'syntax error'],
    ['status IN [200 404]', 'syntax error'],
    ['status > )', 'syntax error'],
    ['url: *bert', 'only support * or ? in the middle or end of the query'],
    [Array.from({ length: 31 }, (_, n) => `w${n}`).join(' or '), 'condition number 31 is more than 30'],
    ['('.repeat(5000), 'nested too deeply'],
  ])('%s is refused: %s', async (query, message) => {
    const reply = await getLogsV2(emulator, query);
    expect(reply).toMatchObject({ status: 400, errorCode: 'ParameterInvalid' });
    expect(reply.errorMessage).toContain(message);
  });

  it('keeps a line that the collector could not parse, with its text in content', async () => {
    const content = '10.0.0.9 - - "PRI * HTTP/2.0" 400';
    await using other = await startTestEmulator({}, [...records, line({ content })]);
    const counted = async (query: string) => (await getLogsV2(other, query)).data[0]?.['n'];
    expect(await counted('* | select count(*) as n from log')).toBe('5');
    expect(await counted('* | select count(*) as n from log where status = 400')).toBe('0');
    expect(await counted('* | select count(method) as n from log')).toBe('4');
    expect((await getLogsV2(other, '"PRI * HTTP/2.0"')).data).toMatchObject([{ content }]);
    expect((await getLogsV2(other, 'not method: *')).data).toMatchObject([{ content }]);
    // It has no index of its own.
    expect((await getLogsV2(other, 'content: PRI')).errorMessage).toContain('key (content) is not config');
    expect((await getLogsV2(other, '* | select content from log')).errorMessage).toContain(
      'cannot be resolved',
    );
  });

  it('indexes the first 2048 bytes of a value', async () => {
    const url = `/${'ü'.repeat(1024)} end`;
    await using other = await startTestEmulator({}, [line({ url, method: 'GET' })]);
    expect((await getLogsV2(other, 'method: get')).data).toMatchObject([{ url }]);
    expect((await getLogsV2(other, 'url: end')).data).toEqual([]);
    expect((await getLogsV2(other, 'end')).data).toEqual([]);
    const sql = '* | select length(url) as n from log';
    expect((await getLogsV2(other, sql)).data).toMatchObject([{ n: '1024' }]);
  });

  it('accepts 30 conditions', async () => {
    expect(await found(Array.from({ length: 30 }, (_, n) => `w${n}`).join(' or '))).toBe('');
  });

  it('returns lines as logged, oldest first, or newest first with reverse', async () => {
    const page = await getLogsV2(emulator, '*', { line: 2, offset: 1, reverse: true });
    expect(page.data.map((row) => row['req_id'])).toEqual(['c', 'b']);
    const last = await getLogsV2(emulator, '*', { line: 1, reverse: true });
    expect(last.data).toEqual([
      { ...records[3]?.fields, __time__: String(records[3]?.timeSeconds), __topic__: '', __source__: '' },
    ]);
    expect(last.meta).toMatchObject({ hasSQL: false, whereQuery: '*', count: 1, progress: 'Complete' });
  });

  it('returns at most 100 lines, or fewer with line', async () => {
    await using other = await startTestEmulator(
      {},
      Array.from({ length: 150 }, () => line({ method: 'GET' })),
    );
    expect((await getLogsV2(other, '*')).data).toHaveLength(100);
    expect((await getLogsV2(other, '*', { line: 1000 })).data).toHaveLength(100);
    expect((await getLogsV2(other, '*', { line: 7 })).data).toHaveLength(7);
  });

  it('uses the index of the logstore', async () => {
    const index = { fields: { status: 'text' }, fullText: false } as const;
    await using other = await startTestEmulator({ logstores: [{ project, logstore, index }] }, records);
    expect((await getLogsV2(other, 'status: 200')).data).toHaveLength(1);
    expect((await getLogsV2(other, 'method: get')).errorMessage).toContain('key (method) is not config');
    expect((await getLogsV2(other, 'needle')).errorCode).toBe('ParameterInvalid');
  });
});
