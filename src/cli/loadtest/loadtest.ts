import { readFile } from 'node:fs/promises';
import { AdapterError } from '../../errors.ts';
import { CommandFailed, writeResult, type Io } from '../io.ts';
import { resolveHost } from './addresses.ts';
import { runOpenLoop, type OpenLoop } from './open-loop.ts';
import { ProgressBar } from '../progress.ts';
import { latencyText, Measurements, reportTable } from './measurements.ts';
import { plannedRequests, requestsUntil, type RatePlan } from './rate-plan.ts';
import { Requester } from './requester.ts';

export interface LoadtestOptions {
  /** Requests per second at the start and at the end. */
  readonly rate: { readonly from: number; readonly to: number };
  /** Milliseconds. */
  readonly for: number;
  readonly yes?: boolean;
  readonly connections: number;
  readonly method?: string;
  /** `Name: value` */
  readonly header: readonly string[];
  /** The text itself, or `@FILE`. */
  readonly body?: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly insecure?: boolean;
  readonly output: 'table' | 'json';
}

const maxRequests = 5_000_000;
const maxDurationMs = 24 * 3_600_000;
const maxTimeoutMs = 600_000;
const minDurationMs = 1000;
const refreshMs = 500;

/**
 * Sends requests at a linearly rising rate, and prints how they were answered.
 *
 * @throws CommandFailed if no request got a status below 400
 */
export async function loadtest(address: string, options: LoadtestOptions, io: Io): Promise<void> {
  const url = parseUrl(address);
  const plan = parsePlan(options);
  const method = parseMethod(options);
  const headers = options.header.map(parseHeader);
  const body = options.body === undefined ? undefined : await readBody(options.body);
  if (body !== undefined && !headers.some(([name]) => /^content-type$/i.test(name)))
    headers.push(['Content-Type', 'application/json']);
  const lookup = await resolveHost(url, plannedRequests(plan), options.yes ?? false);
  const requester = new Requester({
    ...{ url, method, headers, body, lookup, insecure: options.insecure ?? false },
    ...{ connections: options.connections, timeoutMs: options.timeout },
  });
  const measurements = new Measurements(plan);
  const send = (signal: AbortSignal) => requester.send(signal);
  let sentForMs: number;
  try {
    sentForMs = await sendAll({ plan, maxInFlight: options.connections, send, measurements }, io);
  } finally {
    requester.close();
  }
  const report = measurements.report(sentForMs);
  const json = {
    ...{ url: url.href, method, fromPerSecond: plan.fromPerSecond, toPerSecond: plan.toPerSecond },
    ...{ durationSeconds: plan.durationMs / 1000, sentForSeconds: sentForMs / 1000 },
    ...{ ...report, endings: Object.fromEntries(report.endings) },
  };
  writeResult(io, options.output, json, reportTable(report, plan, sentForMs));
  if (report.total.answered === 0 && report.total.failed > 0) throw new CommandFailed();
}

/** Shows on a terminal how far it has come. */
async function sendAll(loop: Omit<OpenLoop, 'nowMs'>, { stderr, signal }: Io): Promise<number> {
  const { plan, measurements } = loop;
  const nowMs = () => performance.now();
  const startMs = nowMs();
  using bar = new ProgressBar(stderr, 'Sending');
  const refresh = setInterval(() => {
    const { sent, failed, latencyMs } = measurements.total();
    const share = Math.min(1, (nowMs() - startMs) / plan.durationMs);
    const due = Math.floor(requestsUntil(plan, share * plan.durationMs));
    bar.show(share, `${sent} of ${due} sent, p95 ${latencyText(latencyMs?.p95)}, ${failed} failed`);
  }, refreshMs);
  try {
    return await runOpenLoop({ ...loop, nowMs }, signal);
  } finally {
    clearInterval(refresh);
  }
}

const invalid = (what: string, cause?: unknown) => new AdapterError('ConfigInvalid', what, { cause });

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw invalid(
      `${JSON.stringify(text)} must be a URL such as http://bert.example.com/v1/models/bert:predict`,
    );
  if (url.username !== '' || url.password !== '')
    throw invalid('the URL must not contain a password: send it with --header');
  return url;
}

function parsePlan({ rate, for: durationMs, timeout, connections }: LoadtestOptions): RatePlan {
  if (durationMs < minDurationMs || durationMs > maxDurationMs) throw invalid('--for must be from 1s to 24h');
  if (timeout < 1 || timeout > maxTimeoutMs) throw invalid('--timeout must be from 1ms to 10m');
  if (connections > 10_000) throw invalid('--connections must be from 1 to 10000');
  const plan = { fromPerSecond: rate.from, toPerSecond: rate.to, durationMs };
  const count = plannedRequests(plan);
  if (count < 1) throw invalid('--rate and --for amount to less than one request');
  if (count > maxRequests)
    throw invalid(`--rate and --for amount to ${count} requests: the maximum is ${maxRequests}`);
  return plan;
}

function parseMethod({ method, body }: LoadtestOptions): string {
  if (method === undefined) return body === undefined ? 'GET' : 'POST';
  if (/^[A-Z]{1,20}$/.test(method)) return method;
  throw invalid(`--method ${JSON.stringify(method)} must be a method in upper case, such as POST`);
}

function parseHeader(text: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw invalid(
      `--header ${JSON.stringify(text)} must be a name and a value, such as 'Host: bert.example.com'`,
    );
  return [name, value.trimStart()];
}

async function readBody(text: string): Promise<Buffer> {
  if (!text.startsWith('@')) return Buffer.from(text);
  try {
    return await readFile(text.slice(1));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw invalid(`--body ${text} cannot be read (${code})`, cause);
  }
}
