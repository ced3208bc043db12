import type { Faults } from '../../emulator/faults.ts';
import type { ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import type { AdapterProcess } from './adapter-process.ts';

/** The parts of the environment that a disturbance acts on. */
export interface Disturbed {
  readonly emulator: Emulator;
  readonly adapter: AdapterProcess;
  readonly apiServer: ScriptedApiServer;
}

interface Disturbance {
  readonly name: string;
  /** Whether reads may fail during it. */
  readonly mayFailReads: boolean;
  begin(disturbed: Disturbed): void | Promise<void>;
  end(disturbed: Disturbed): void | Promise<void>;
}

/** One SLS query in twenty always fails. Retries hide that. */
const permanentFaults: Faults = { errorRate: 0.05 };

export const endSlsFaults = ({ emulator }: Disturbed): void => emulator.setFaults(permanentFaults);

const sls = (name: string, faults: Faults): Disturbance => ({
  name,
  mayFailReads: true,
  begin: ({ emulator }) => emulator.setFaults(faults),
  end: endSlsFaults,
});

/** A disturbance of the watch of the HPAs. It must not affect any read. */
const watch = (name: string, disturb: (apiServer: ScriptedApiServer) => void): Disturbance => ({
  name,
  mayFailReads: false,
  begin: ({ apiServer }) => disturb(apiServer),
  end: () => undefined,
});

const wrongKey: Disturbance = {
  name: 'wrong key',
  mayFailReads: true,
  begin: ({ adapter }) => adapter.setKey(false),
  end: ({ adapter }) => adapter.setKey(true),
};

/** Each cycle has one of these, in order. */
export const disturbances: readonly Disturbance[] = [
  watch('watch ended', ({ hpas }) => hpas.closeWatches()),
  sls('outage', { status: 503, errorCode: 'ServerBusy' }),
  sls('incomplete', { incomplete: true }),
  watch('watch cut', ({ hpas }) => hpas.cutWatches()),
  sls('no answers', { hang: true }),
  wrongKey,
  watch('watch expired', ({ hpas }) => hpas.expire('event')),
  sls('cut bodies', { cutBody: true }),
  sls('garbage', { garbage: true }),
  sls('30 % errors', { errorRate: 0.3 }),
];
