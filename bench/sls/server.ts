import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { SteadyLines, SteppingLines } from './logstore-lines.ts';
import type { SeenLines, SlsReport, SlsSettings, StepCommand } from './messages.ts';
import { watchQueries } from './query-watch.ts';

/** The log starts this long ago. No window of the first queries reaches back further. */
const backfillSeconds = 90;
const retentionSeconds = 240;

const [settingsFile = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(settingsFile, 'utf8')) as SlsSettings;
const report = (message: SlsReport) => void process.send?.(message);
const [minLagMs, maxLagMs] = settings.ingestLagMs;

/** Ingest lag of the batch that is being written. */
let lagMs = 0;
/** When that batch becomes visible. Unix time. */
let visibleMs = 0;

const stopWatching = watchQueries((query) => report({ kind: 'query', query }));
const emulator = await startEmulator({
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

async function write({ sink, lines }: Logstore, records: readonly LogRecord[]): Promise<void> {
  if (records.length === 0) return;
  await sink.append(records);
  if (lines instanceof SteppingLines) report({ kind: 'lines', lines: countBySecond(records) });
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

/** Writes the lines due by then. If the tick is late, the lag is shortened by that. */
async function writeBatches(logstore: Logstore, dueMs: number): Promise<void> {
  const batches = Array.from({ length: settings.batches }, (): LogRecord[] => []);
  for (const record of logstore.lines.take(dueMs)) {
    batches[Math.floor(Math.random() * batches.length)]?.push(record);
  }
  for (const batch of batches) {
    const drawnMs = minLagMs + Math.random() * (maxLagMs - minLagMs);
    lagMs = Math.max(0, dueMs + drawnMs - Date.now());
    await write(logstore, batch);
  }
}

const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
process.once('SIGINT', () => ending.abort());
// The parent has exited.
process.once('disconnect', () => ending.abort());
process.on('message', (command: StepCommand) => {
  for (const { lines } of logstores) if (lines instanceof SteppingLines) lines.step(command);
});

let dueMs = Date.now();
for (const logstore of logstores) await write(logstore, logstore.lines.take(dueMs - maxLagMs));
console.log(JSON.stringify({ url: emulator.url }));
while (!ending.signal.aborted) {
  for (const logstore of logstores) await writeBatches(logstore, dueMs);
  dueMs += settings.tickMs;
  await sleep(Math.max(0, dueMs - Date.now()), undefined, { signal: ending.signal }).catch(() => undefined);
}
stopWatching();
await emulator.stop();
if (process.connected) process.disconnect();
