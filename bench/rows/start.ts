import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from '../../emulator/emulator.ts';
import { accessKey, logstore, project } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Row } from '../row.ts';
import { figureOf } from '../statistics.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { residentMbOf } from '../support/process-usage.ts';

const starts = 3;
const idleSeconds = 5;
const maxReadyMs = 3000;
const maxIdleMb = 170;

/** Starts of the adapter: the time until it is ready, and its resident memory without any read. */
export const start: Row = {
  name: 'start',
  async measure({ signal, progress }) {
    await using emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    const [readyMs, idleMb]: [number[], number[]] = [[], []];
    for (let round = 1; round <= starts; round += 1) {
      signal.throwIfAborted();
      progress(`start: start ${round} of ${starts}`);
      let startMs = 0;
      await using adapter = await startDelegatedAdapter({
        slsUrl: emulator.url,
        prepare: () => (startMs = performance.now()),
      });
      using proxy = new FrontProxy(adapter.url, adapter.pair);
      await waitFor(async () => (await proxy.get('/readyz')).status === 200, 'the adapter to be ready');
      readyMs.push(performance.now() - startMs);
      await sleep(idleSeconds * 1000, undefined, { signal });
      idleMb.push(residentMbOf(adapter.pid).now);
    }
    return [
      {
        row: 'start',
        what: 'time until ready',
        unit: 'ms',
        measured: figureOf(readyMs),
        target: { bound: 'at most', value: maxReadyMs },
      },
      {
        row: 'start',
        what: `resident memory after ${idleSeconds} s without reads`,
        unit: 'MB',
        measured: figureOf(idleMb),
        target: { bound: 'at most', value: maxIdleMb },
      },
    ];
  },
};
