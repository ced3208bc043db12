import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { fakeIo } from '../support/fake-io.ts';
import { waitFor } from '../support/wait-for.ts';

let cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const close of cleanUp) close();
  cleanUp = [];
});

async function startServer(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/models/bert:predict`;
}

async function loadtest(url: string, ...flags: readonly string[]) {
  const fake = fakeIo();
  const code = await runProgram(['loadtest', url, ...flags], fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

interface Report {
  readonly sentForSeconds: number;
  readonly steps: readonly { readonly sent: number }[];
  readonly total: {
    readonly sent: number;
    readonly unsent: number;
    readonly answered: number;
    readonly failed: number;
  };
  readonly endings: Readonly<Record<string, number>>;
}

async function loadtestJson(url: string, ...flags: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await loadtest(url, '-o', 'json', ...flags);
  const report = JSON.parse(stdout) as Report;
  expect([code, stderr]).toEqual([report.total.answered > 0 ? 0 : 1, '']);
  return report;
}

describe('loadtest', () => {
  it('sends at a rising rate, and prints a line for each step', async () => {
    let received = 0;
    const url = await startServer((_, response) => {
      received += 1;
      response.statusCode = received % 20 === 0 ? 503 : 200;
      response.end('{}');
    });
    const { code, stdout, stderr } = await loadtest(url, '--rate', '10..90', '--for', '2s');
    expect([code, stderr]).toEqual([0, '']);
    expect(received).toBe(100);
    const [head, first, second, total, , endings] = stdout.split('\n');
    expect(head).toMatch(/^TIME +PLANNED\/S +SENT\/S +ANSWERED\/S +P50 +P95 +P99 +FAILED +UNSENT$/);
    expect(first).toMatch(/^0s-1s +30\.0 +\d\d\.\d .*ms .*ms .*ms +\d+ +0$/);
    expect(second).toMatch(/^1s-2s +70\.0 +\d\d\.\d /);
    expect(total).toMatch(/^total +50\.0 +50\.0 +47\.5 +[\d.]+ms +[\d.]+ms +[\d.]+ms +5 +0$/);
    expect(endings).toBe('Ended by: 200 95, 503 5.');
  });

  it.each([
    [
      'another protocol',
      '101 Switching Protocols',
      ['--header', 'Connection: upgrade', '--header', 'Upgrade: x'],
      101,
    ],
    ['a tunnel', '200 Connected', ['--method', 'CONNECT'], 200],
  ])('counts an answer that switches to %s', async (_, line, flags, status) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.write(`HTTP/1.1 ${line}\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUp.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { endings } = await loadtestJson(url, '--rate', '5', '--for', '1s', ...flags);
    expect(endings).toEqual({ [status]: 5 });
  });

  it('sends in each step as many requests as the rate amounts to', async () => {
    const url = await startServer((_, response) => void response.end());
    const { steps, total, endings } = await loadtestJson(url, '--rate', '10..90', '--for', '2s');
    expect(steps.map(({ sent }) => sent)).toEqual([29, 71]);
    expect(total).toMatchObject({ sent: 100, unsent: 0, answered: 100, failed: 0 });
    expect(endings).toEqual({ 200: 100 });
  });

  it('does not wait for a server that does not answer, and counts unsent requests', async () => {
    const waiting: IncomingMessage[] = [];
    const url = await startServer((request) => void waiting.push(request));
    const flags = ['--rate', '20', '--for', '1s', '--connections', '15', '--timeout', '3s'];
    const { total, endings } = await loadtestJson(url, ...flags);
    expect(waiting).toHaveLength(15);
    expect(total).toMatchObject({ sent: 15, unsent: 5, answered: 0, failed: 15, latencyMs: null });
    expect(endings).toEqual({ timeout: 15 });
  });

  it.each([
    ['one request was answered', 1, 0],
    ['no request was answered', 0, 1],
  ])('exits with 1 only if no request was answered: %s', async (_, good, expected) => {
    let received = 0;
    const url = await startServer((__, response) => {
      received += 1;
      response.statusCode = received <= good ? 200 : 500;
      response.end();
    });
    const { code, stdout, stderr } = await loadtest(url, '--rate', '5', '--for', '1s');
    expect([code, stderr]).toEqual([expected, '']);
    expect(stdout).toContain(`500 ${5 - good}`);
  });

  it('counts refused connections', async () => {
    const url = await startServer((_, response) => void response.end());
    for (const close of cleanUp) close();
    const { total, endings } = await loadtestJson(url, '--rate', '5', '--for', '1s');
    expect(total).toMatchObject({ sent: 5, failed: 5 });
    expect(endings).toEqual({ ECONNREFUSED: 5 });
  });

  it('sends the given method, headers and body', async () => {
    const seen: unknown[] = [];
    const url = await startServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const { host, 'content-type': type, 'x-a': own } = request.headers;
        seen.push([request.method, request.url, host, type, own, text]);
        response.end();
      });
    });
    const once = ['--rate', '1', '--for', '1s'];
    await loadtest(
      url,
      ...once,
      '--body',
      '{"a":1}',
      '--header',
      'Host: bert.example.com',
      '--header',
      'X-A: b',
    );
    await loadtest(url, ...once, '--method', 'PUT', '--body', 'a=1', '--header', 'content-type: text/plain');
    const path = '/v1/models/bert:predict';
    expect(seen).toEqual([
      ['POST', path, 'bert.example.com', 'application/json', 'b', '{"a":1}'],
      ['PUT', path, new URL(url).host, 'text/plain', undefined, 'a=1'],
    ]);
  });

  it('prints its measurements when interrupted', async () => {
    let received = 0;
    const url = await startServer((_, response) => {
      received += 1;
      response.end();
    });
    const fake = fakeIo();
    const running = runProgram(['loadtest', url, '--rate', '50', '--for', '1h', '-o', 'json'], fake.io);
    await waitFor(() => received > 10, 'some requests have arrived');
    fake.end('SIGINT');
    expect(await running).toBe(0);
    const report = JSON.parse(fake.stdout()) as Report;
    expect(report.total.sent).toBeGreaterThan(10);
    expect(report.sentForSeconds).toBeLessThan(60);
    expect(report.steps).toHaveLength(1);
  });

  it.each([
    [
      ['http://192.0.2.1/', '--rate', '5'],
      '192.0.2.1 is not a private address: use --yes to send 300 requests there',
    ],
    [
      ['http://[2001:db8::1]/', '--rate', '5..15'],
      '2001:db8::1 is not a private address: use --yes to send 600 requests',
    ],
    [['ftp://a/', '--rate', '5'], '"ftp://a/" must be a URL such as http://bert.example.com/'],
    [['http://a:b@127.0.0.1/', '--rate', '5'], 'the URL must not contain a password'],
    [
      ['http://127.0.0.1/', '--rate', '10000', '--for', '1h'],
      'amount to 36000000 requests: the maximum is 5000000',
    ],
    [
      ['http://127.0.0.1/', '--rate', '0..0.1', '--for', '2s'],
      '--rate and --for amount to less than one request',
    ],
    [['http://127.0.0.1/', '--rate', '5', '--for', '25h'], '--for must be from 1s to 24h'],
    [
      ['http://127.0.0.1/', '--rate', '5', '--method', 'get'],
      '--method "get" must be a method in upper case',
    ],
    [
      ['http://127.0.0.1/', '--rate', '5', '--header', 'a\r\nb: c'],
      '--header "a\\r\\nb: c" must be a name and a value',
    ],
    [
      ['http://127.0.0.1/', '--rate', '5', '--body', '@/none/such'],
      '--body @/none/such cannot be read (ENOENT)',
    ],
  ])('refuses %j in one line, and sends nothing', async ([url = '', ...flags], message) => {
    const { code, stdout, stderr } = await loadtest(url, ...flags);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.trim()).not.toContain('\n');
  });

  it.each(['0', '80..', '..5', 'fast', '5..20000', '-1'])('refuses the rate %s', async (rate) => {
    const { code, stderr } = await loadtest('http://127.0.0.1/', `--rate=${rate}`);
    expect(code).toBe(2);
    expect(stderr).toContain('It must be requests per second, such as 20 or 5..80, up to 10000.');
  });
});
