import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import type { IndexConfig } from '../../emulator/store/index-config.ts';
import { accessLine, ackRecord, type AccessLine } from '../../emulator/traffic/access-line.ts';
import { accessKey, logstore, project, startAdapter, type TestAdapter } from './adapter.ts';
import { TestClock } from './test-clock.ts';

const delaySeconds = 10;

/** An emulator and an adapter with one clock, and readings of the default window of what was logged. */
export class LoggedReadings implements AsyncDisposable {
  readonly clock: TestClock;
  readonly emulator: Emulator;
  readonly adapter: TestAdapter;

  private constructor(clock: TestClock, emulator: Emulator, adapter: TestAdapter) {
    this.clock = clock;
    this.emulator = emulator;
    this.adapter = adapter;
  }

  static async start(
    index?: IndexConfig,
    file = 'reading: { freshnessSeconds: 0 }',
  ): Promise<LoggedReadings> {
    const clock = new TestClock();
    const store = { project, logstore, ...(index === undefined ? {} : { index }) };
    const emulator = await startEmulator({ logstores: [store], accessKey, clock });
    return new LoggedReadings(
      clock,
      emulator,
      await startAdapter({ slsEndpoint: emulator.url }, { clock }, file),
    );
  }

  /** The seconds of the window of a reading now, 15 of them. */
  get windowSeconds(): number[] {
    return Array.from({ length: 15 }, (_, second) => this.clock.nowSeconds - delaySeconds - 15 + second);
  }

  /** Logs these lines in each second of the window, as the collector reads them. */
  async logEachSecond(lines: readonly Partial<AccessLine>[], times = 1): Promise<void> {
    const each = Array.from({ length: times }, () => lines).flat();
    await this.append(
      this.windowSeconds.flatMap((atSeconds) =>
        each.map((line) => ackRecord(accessLine({ ...line, atSeconds }))),
      ),
    );
  }

  async append(records: readonly LogRecord[]): Promise<void> {
    await this.emulator.sink(project, logstore).append(records);
  }

  /** Returns the Quantity of a reading of the default window, or the message of its error. */
  async read(metric: string, route: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    const { body } = await this.adapter.read(metric, {
      'sls.project': project,
      'sls.logstore': logstore,
      'sls.ingress.route': route,
      ...more,
    });
    const { items, message } = body as { items?: readonly { value: string }[]; message?: string };
    return items?.map(({ value }) => value).join(' ') ?? message ?? 'nothing';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.adapter[Symbol.asyncDispose]();
    await this.emulator.stop();
  }
}
