import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { AdapterError } from '../../errors.ts';
import { CommandFailed, type Io } from '../io.ts';
import { plannedRequests, type RatePlan, runOpenLoop } from './open-loop.ts';
import { isPrivateAddress } from './private-address.ts';
import { progressLine, reportJson, reportTable, showProgress } from './report.ts';
import { Requester } from './requester.ts';
import { Tally } from './tally.ts';

export interface LoadtestOptions {
  /** Requests per second, at the start and at the end. */
  readonly rate: { readonly from: number; readonly to: number };
  /** Milliseconds. */
  readonly for: number;
  readonly yes?: boolean;
  readonly connections: number;
  readonly method?: string;
  /** `Name: value` */
  readonly header: readonly string[];
  /** As it is, or `@FILE`. */
  readonly body?: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly insecure?: boolean;
  readonly output: 'table' | 'json';
}

const mostRequests = 5_000_000;
const longestMs = 24 * 3_600_000;
const longestTimeoutMs = 600_000;
const mostSteps = 10;
const shortestStepMs = 1000;

/**
 * Sends requests at a rate that rises in a straight line, and prints how they were answered.
 *
 * @throws CommandFailed where not one was answered below 400
 */
export async function loadtest(address: string, options: LoadtestOptions, io: Io): Promise<void> {
  const url = urlOf(address);
  const plan = planOf(options);
  const method = methodOf(options);
  const headers = options.header.map(headerOf);
  const body = options.body === undefined ? undefined : await bodyOf(options.body);
  if (body !== undefined && !headers.some(([name]) => /^content-type$/i.test(name)))
    headers.push(['Content-Type', 'application/json']);
  const addresses = await addressesOf(url, plan, options.yes ?? false);
  const requester = new Requester({
    url,
    method,
    headers,
    body,
    connections: options.connections,
    timeoutMs: options.timeout,
    insecure: options.insecure ?? false,
    lookup: pinned(addresses),
  });
  const steps = Math.max(1, Math.min(mostSteps, Math.floor(plan.durationMs / shortestStepMs)));
  const tally = new Tally(plan.durationMs, steps);
  const nowMs = () => performance.now();
  const startMs = nowMs();
  const send = (signal: AbortSignal) => requester.send(signal);
  const endProgress = showProgress(io.stderr, (columns) =>
    progressLine(plan, nowMs() - startMs, tally.total(), columns),
  );
  let sentForMs: number;
  try {
    sentForMs = await runOpenLoop({ plan, maxInFlight: options.connections, send, tally, nowMs }, io.signal);
  } finally {
    endProgress();
    requester.close();
  }
  const report = { url: url.href, method, plan, sentForMs, tally };
  io.stdout.write(
    options.output === 'json' ? `${JSON.stringify(reportJson(report), null, 2)}\n` : reportTable(report),
  );
  const { answered, failed } = tally.total(sentForMs);
  if (answered === 0 && failed > 0) throw new CommandFailed();
}

const refuse = (what: string, cause?: unknown) => new AdapterError('ConfigInvalid', what, { cause });

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw refuse(
      `${JSON.stringify(text)} must be a URL such as http://bert.example.com/v1/models/bert:predict`,
    );
  if (url.username !== '' || url.password !== '')
    throw refuse('a URL with a password is not taken; --header sends one');
  return url;
}

function planOf({ rate, for: durationMs, timeout, connections }: LoadtestOptions): RatePlan {
  if (durationMs < shortestStepMs || durationMs > longestMs) throw refuse('--for must be from 1s to 24h');
  if (timeout < 1 || timeout > longestTimeoutMs) throw refuse('--timeout must be from 1ms to 10m');
  if (connections > 10_000) throw refuse('--connections must be from 1 to 10000');
  const plan = { fromPerSecond: rate.from, toPerSecond: rate.to, durationMs };
  const count = plannedRequests(plan);
  if (count < 1) throw refuse('--rate and --for come to less than one request');
  if (count > mostRequests)
    throw refuse(`--rate and --for come to ${count} requests, and ${mostRequests} are the most`);
  return plan;
}

function methodOf({ method, body }: LoadtestOptions): string {
  if (method === undefined) return body === undefined ? 'GET' : 'POST';
  if (/^[A-Z]{1,20}$/.test(method)) return method;
  throw refuse(`--method ${JSON.stringify(method)} must be a method in upper case, such as POST`);
}

function headerOf(text: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([\t\x20-\x7e\x80-\xff]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw refuse(
      `--header ${JSON.stringify(text)} must be a name and a value, such as 'Host: bert.example.com'`,
    );
  return [name, value];
}

async function bodyOf(text: string): Promise<Buffer> {
  if (!text.startsWith('@')) return Buffer.from(text);
  try {
    return await readFile(text.slice(1));
  } catch (cause) {
    throw refuse(
      `--body ${text} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      cause,
    );
  }
}

/** @throws AdapterError `ConfigInvalid` for a name that is nowhere, and for an address that is not private, but with `yes` */
async function addressesOf({ hostname }: URL, plan: RatePlan, yes: boolean): Promise<LookupAddress[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw refuse(`${host} has no address (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, cause);
  });
  const foreign = found.find(({ address }) => !isPrivateAddress(address));
  if (foreign !== undefined && !yes) {
    const where = foreign.address === host ? host : `${host} is at ${foreign.address}, which`;
    throw refuse(
      `${where} is no private address: --yes sends ${plannedRequests(plan)} requests there all the same`,
    );
  }
  return found;
}

/** What was checked is what is connected to, whatever the name means a moment later. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses;
  if (first === undefined) throw new RangeError('there is no address to connect to');
  return (_, options, callback) => {
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}
