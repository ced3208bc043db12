import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { startEmulator } from '../../emulator/emulator.ts';
import { accessKey, basePath, logstore, project, readPath, selectorOf } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Line } from '../line.ts';
import type { Row } from '../row.ts';
import { figureOf } from '../statistics.ts';
import type { BareSettings } from '../support/bare-server.ts';
import { startDelegatedAdapter, type DelegatedAdapter } from '../support/delegated-adapter.ts';
import { frontProxyHeaders } from '../support/front-proxy-request.ts';
import { loadHttp1, loadHttp2, type Load, type LoadResult } from '../support/load.ts';
import { podFlags, startServerProcess } from '../support/server-process.ts';

const minThroughput = 0.7;

const rounds = 20;
const sliceSeconds = 0.2;
/** Tens of thousands of requests: until the code of both servers and of the load generator is fully optimized. */
const warmUp = { concurrency: 10, seconds: 4.5 };

/** The refreshes of one reading and the queries that learn the delay. Reads must not add to them. */
const maxQueriesPerSecond = 0.5;

interface Protocol {
  readonly name: string;
  readonly load: Load;
  readonly scenarios: readonly Scenario[];
}

interface Scenario {
  readonly what: string;
  readonly concurrency: number;
}

const protocols: readonly Protocol[] = [
  {
    name: 'HTTP/1.1',
    load: loadHttp1,
    scenarios: [
      { what: '1 connection', concurrency: 1 },
      { what: '10 connections', concurrency: 10 },
    ],
  },
  {
    name: 'HTTP/2',
    load: loadHttp2,
    scenarios: [
      { what: '1 stream', concurrency: 1 },
      { what: '10 streams', concurrency: 10 },
    ],
  },
];

const path = readPath(
  'sls_ingress_qps',
  selectorOf({
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.route': 'default-bert-8501',
    'sls.query.interval': '60',
  }),
);

/** Reads whose sample is in the store. The baseline is a bare Fastify handler that returns the same bytes. */
export const warmRead: Row = {
  name: 'warm-read',
  async measure({ signal, progress }) {
    const lines: Line[] = [];
    for (const protocol of protocols) lines.push(...(await measureProtocol(protocol, signal, progress)));
    return lines;
  },
};

interface Round {
  readonly adapter: LoadResult;
  readonly bare: LoadResult;
}

async function measureProtocol(
  { name, load, scenarios }: Protocol,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Line[]> {
  const startMs = performance.now();
  progress(`warm-read: ${name}`);
  await using emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
  await using adapter = await startDelegatedAdapter({ slsUrl: emulator.url });
  await using bare = await startBareServer(adapter);
  const loadOf = ({ url }: { readonly url: string }, concurrency: number, seconds: number) =>
    load({ url, path, headers: frontProxyHeaders, pair: adapter.pair, concurrency, seconds });
  for (const server of [adapter, bare]) await loadOf(server, warmUp.concurrency, warmUp.seconds);
  const lines: Line[] = [];
  for (const { what, concurrency } of scenarios) {
    progress(`warm-read: ${name}, ${what}`);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      // The order alternates, so that a change of the machine's load affects both sides alike.
      const adapterFirst = round % 2 === 0;
      const first = await loadOf(adapterFirst ? adapter : bare, concurrency, sliceSeconds);
      const second = await loadOf(adapterFirst ? bare : adapter, concurrency, sliceSeconds);
      measured.push(adapterFirst ? { adapter: first, bare: second } : { adapter: second, bare: first });
    }
    lines.push(...linesOf(`${name}, ${what}`, measured));
  }
  const { queries } = emulator.stats();
  const seconds = (performance.now() - startMs) / 1000;
  if (queries > 2 + seconds * maxQueriesPerSecond)
    throw new Error(`the reads were not warm: ${queries} SLS queries in ${seconds.toFixed(0)} s`);
  if (adapter.apiServer.count('subjectaccessreview') === 0)
    throw new Error('the API server received no access review');
  return lines;
}

function linesOf(what: string, measured: readonly Round[]): Line[] {
  const line = (name: string, unit: Line['unit'], figure: keyof LoadResult): Omit<Line, 'target'> => ({
    row: 'warm-read',
    what: `${what}: ${name}`,
    unit,
    measured: figureOf(measured.map(({ adapter }) => adapter[figure])),
    baseline: { what: 'bare', figure: figureOf(measured.map(({ bare }) => bare[figure])) },
    compared: {
      as: 'times',
      figure: figureOf(measured.map(({ adapter, bare }) => adapter[figure] / bare[figure])),
    },
  });
  return [
    { ...line('reads', '/s', 'perSecond'), target: { bound: 'at least', value: minThroughput } },
    line('p50', 'ms', 'p50Ms'),
  ];
}

async function startBareServer(adapter: DelegatedAdapter) {
  const reply = await waitFor(() => readOnce(adapter), 'a reading from the adapter');
  const settings: BareSettings = {
    ...adapter.servingPair,
    route: `${basePath}/namespaces/:namespace/:metric`,
    headers: reply.headers,
    bodyBase64: reply.body.toString('base64'),
  };
  const file = join(adapter.directory, 'bare.json');
  await writeFile(file, JSON.stringify(settings));
  const script = resolve(import.meta.dirname, '../support/bare-server.ts');
  return await startServerProcess({ script, args: [file], home: adapter.directory, nodeFlags: podFlags() });
}

/** Headers that belong to the connection, not to the response. */
const connectionHeaders = ['connection', 'content-length', 'date', 'keep-alive'];

/** Returns what the bare server is to answer with, or undefined if the response is not a 200. */
async function readOnce({ url, pair }: DelegatedAdapter) {
  const request = get(new URL(path, url), {
    agent: false,
    headers: ['Host', new URL(url).host, ...frontProxyHeaders.flat()],
    cert: pair.certificate,
    key: pair.key,
    rejectUnauthorized: false,
  });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  const body = await buffer(reply);
  if (reply.statusCode !== 200) return undefined;
  const own = Object.entries(reply.headers).filter(([name]) => !connectionHeaders.includes(name));
  return { headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])), body };
}
