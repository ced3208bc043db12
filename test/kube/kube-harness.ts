import { CoreV1Api } from '@kubernetes/client-node';
import type { CallOptions, KubeClient } from '../../src/kube/client/kube-client.ts';
import type { KubeObserver, KubeDependencies } from '../../src/kube/client/kube-observer.ts';
import type { ListWatchSettings } from '../../src/kube/client/list-watch.ts';

type EventName = keyof KubeObserver;
type EventOf<Name extends EventName> = Parameters<KubeObserver[Name]>[0];

/** Keeps all events. */
class RecordingObserver implements KubeObserver {
  readonly #events: (readonly [EventName, unknown])[] = [];
  readonly #keep =
    <Name extends EventName>(name: Name) =>
    (event: EventOf<Name>) =>
      void this.#events.push([name, event]);

  readonly listed = this.#keep('listed');
  readonly watchEnded = this.#keep('watchEnded');
  readonly objectAbsent = this.#keep('objectAbsent');
  readonly configLoaded = this.#keep('configLoaded');
  readonly configMalformed = this.#keep('configMalformed');
  readonly reviewFailed = this.#keep('reviewFailed');
  readonly apiServiceUpdated = this.#keep('apiServiceUpdated');
  readonly apiServiceForeign = this.#keep('apiServiceForeign');
  readonly apiServiceFailed = this.#keep('apiServiceFailed');
  readonly autoscalersOn = this.#keep('autoscalersOn');
  readonly autoscalersOff = this.#keep('autoscalersOff');
  readonly autoscalerCut = this.#keep('autoscalerCut');

  of<Name extends EventName>(name: Name): EventOf<Name>[] {
    return this.#events.filter(([kept]) => kept === name).map(([, event]) => event as EventOf<Name>);
  }

  /** All events as text, to search for what must not be in them. */
  get text(): string {
    return JSON.stringify(this.#events);
  }
}

export interface TestDependencies extends Omit<KubeDependencies, 'client'> {
  readonly observer: RecordingObserver;
}

/** Real time, constant jitter, and an observer that keeps events. */
export const testDependencies = (
  dependencies: Partial<Omit<KubeDependencies, 'client' | 'observer'>> = {},
): TestDependencies => ({
  clock: { now: () => performance.now() },
  monotonicMs: () => performance.now(),
  random: () => 0.5,
  ...dependencies,
  observer: new RecordingObserver(),
});

/** Pauses of milliseconds, and limits that no test reaches by accident: a timer that is left outlasts the wait for none. */
export const fastWatch: ListWatchSettings = {
  firstPauseMs: 4,
  longestPauseMs: 20,
  silenceMs: 300_000,
  watchSeconds: 300,
  callTimeoutMs: 300_000,
  pageSize: 200,
};

/** How many timers and sockets keep this process alive. */
export const activeResources = () =>
  process.getActiveResourcesInfo().filter((name) => ['Timeout', 'TCPSocketWrap', 'TLSWrap'].includes(name))
    .length;

export const configMapsPath = '/api/v1/namespaces/kube-system/configmaps';

/** Sends a GET of `configMapsPath`, an example of a request. */
export const listConfigMaps = (client: KubeClient, options: CallOptions) => {
  const api = client.api(CoreV1Api);
  return client.call(
    (request) => api.listNamespacedConfigMap({ namespace: 'kube-system' }, request),
    options,
  );
};
