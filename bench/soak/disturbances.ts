import type { Faults } from '../../emulator/faults.ts';
import type { ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import type { AdapterProcess } from './adapter-process.ts';

/** What is disturbed. */
export interface Disturbed {
  readonly emulator: Emulator;
  readonly adapter: AdapterProcess;
  readonly apiServer: ScriptedApiServer;
}

export interface Disturbance {
  readonly name: string;
  /** Whether reads may fail meanwhile. */
  readonly isTrouble: boolean;
  begin(disturbed: Disturbed): void | Promise<void>;
  end(disturbed: Disturbed): void | Promise<void>;
}

/** SLS fails one query in twenty throughout: retries hide that. */
const always: Faults = { errorRate: 0.05 };

export const calm = ({ emulator }: Disturbed): void => emulator.setFaults(always);

const sls = (name: string, faults: Faults): Disturbance => ({
  name,
  isTrouble: true,
  begin: ({ emulator }) => emulator.setFaults(faults),
  end: calm,
});

/** What happens to the watches of the HPAs; nothing that a read may notice. */
const watches = (name: string, disturb: (apiServer: ScriptedApiServer) => void): Disturbance => ({
  name,
  isTrouble: false,
  begin: ({ apiServer }) => disturb(apiServer),
  end: () => undefined,
});

const wrongKey: Disturbance = {
  name: 'wrong key',
  isTrouble: true,
  begin: ({ adapter }) => adapter.setKey(false),
  end: ({ adapter }) => adapter.setKey(true),
};

/** One in each cycle, in turns. */
export const disturbances: readonly Disturbance[] = [
  watches('watch ended', ({ hpas }) => hpas.closeWatches()),
  sls('outage', { status: 503, errorCode: 'ServerBusy' }),
  sls('incomplete', { incomplete: true }),
  watches('watch cut', ({ hpas }) => hpas.cutWatches()),
  sls('no answers', { hang: true }),
  wrongKey,
  watches('watch expired', ({ hpas }) => hpas.expire('event')),
  sls('cut bodies', { cutBody: true }),
  sls('garbage', { garbage: true }),
  sls('30 % errors', { errorRate: 0.3 }),
];
