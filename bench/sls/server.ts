import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { SteadyLines, SteppingLines } from './logstore-lines.ts';
import type { SeenLines, SlsReport, SlsSettings, StepOrder } from './messages.ts';
import { watchQueries } from './query-watch.ts';

/** Windows reach back this far at most, when the first are asked for. */
const backfillSeconds = 90;
const retentionSeconds = 240;

const [settingsFile = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as SlsSettings;
const tell = (report: SlsReport) => void process.send?.(report);
const [leastLagMs, mostLagMs] = settings.ingestLagMs;

/** Of the lot that is being put, and when that will be visible. */
let lagMs = 0;
let visibleMs = 0;

watchQueries((query) => tell({ kind: 'query', query }));
const emulator = await startEmulator({
  listenHost: '127.0.0.1',
  listenPort: 0,
  logstores: settings.logstores.map(({ logstore }) => ({ project: settings.project, logstore })),
  ...(settings.accessKey && { accessKey: settings.accessKey }),
  latencyMs: settings.latencyMs,
  sqlConcurrency: settings.sqlConcurrency,
  retentionSeconds,
  ingestLagMs: () => {
    visibleMs = Date.now() + lagMs;
    return lagMs;
  },
});
const startSeconds = Math.floor(Date.now() / 1000) - backfillSeconds;
const logstores = settings.logstores.map((traffic) => ({
  sink: emulator.sink(settings.project, traffic.logstore),
  lines:
    traffic.stepping === true
      ? new SteppingLines(traffic, startSeconds)
      : new SteadyLines(traffic, startSeconds),
}));
type Logstore = (typeof logstores)[number];

async function put({ sink, lines }: Logstore, records: readonly LogRecord[]): Promise<void> {
  if (records.length === 0) return;
  await sink.append(records);
  if (lines instanceof SteppingLines) tell({ kind: 'lines', lines: countBySecond(records) });
}

function countBySecond(records: readonly LogRecord[]): SeenLines[] {
  const routeOf = ({ fields }: LogRecord) => fields['proxy_upstream_name'] ?? '';
  return [...Map.groupBy(records, routeOf)].flatMap(([route, own]) =>
    [...Map.groupBy(own, ({ timeSeconds }) => timeSeconds)].map(([second, { length: count }]) => ({
      route,
      second,
      count,
      visibleMs,
    })),
  );
}

/** A tick that comes late takes its lateness off the lag. */
async function putLots(logstore: Logstore, dueMs: number): Promise<void> {
  const lots = Array.from({ length: settings.lots }, (): LogRecord[] => []);
  for (const record of logstore.lines.take(dueMs)) {
    lots[Math.floor(Math.random() * lots.length)]?.push(record);
  }
  for (const lot of lots) {
    const drawnMs = leastLagMs + Math.random() * (mostLagMs - leastLagMs);
    lagMs = Math.max(0, dueMs + drawnMs - Date.now());
    await put(logstore, lot);
  }
}

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
process.once('SIGINT', () => ending.abort());
// Whoever started it is gone.
process.once('disconnect', () => ending.abort());
process.on('message', (order: StepOrder) => {
  for (const { lines } of logstores) if (lines instanceof SteppingLines) lines.step(order);
});

let dueMs = Date.now();
for (const logstore of logstores) await put(logstore, logstore.lines.take(dueMs - mostLagMs));
console.log(JSON.stringify({ url: emulator.url }));
while (!ending.signal.aborted) {
  for (const logstore of logstores) await putLots(logstore, dueMs);
  dueMs += settings.tickMs;
  await sleep(Math.max(0, dueMs - Date.now()), undefined, { signal: ending.signal }).catch(() => undefined);
}
await emulator.stop();
if (process.connected) process.disconnect();
