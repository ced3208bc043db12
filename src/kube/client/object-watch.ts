import type { KubeClient } from './kube-client.ts';
import { metadataOf, type KubeObject } from './list-page.ts';
import {
  ListWatch,
  defaultListWatchSettings,
  type KubeSurroundings,
  type ListWatchSettings,
} from './list-watch.ts';

/** Keeps one named object current. It may be missing, come later and be deleted; the last value stands. */
export class ObjectWatch {
  readonly #listWatch: ListWatch<KubeObject>;
  #value: KubeObject | undefined;

  /**
   * @param object `path` of its collection: `/api/v1/namespaces/{namespace}/configmaps`
   * @param onValue called with each version of the object
   */
  constructor(
    client: KubeClient,
    object: { readonly path: string; readonly name: string },
    onValue: (value: KubeObject) => void,
    around: KubeSurroundings,
    settings: ListWatchSettings = defaultListWatchSettings,
  ) {
    const { path, name } = object;
    const applied = (value: KubeObject) => {
      this.#value = value;
      onValue(value);
    };
    const absent = () => around.observer.objectAbsent({ path, name, hadValue: this.#value !== undefined });
    this.#listWatch = new ListWatch(
      client,
      { path, fieldSelector: `metadata.name=${name}`, keep: (one) => one },
      {
        replaced: (objects) => {
          const found = objects.find((one) => metadataOf(one)['name'] === name);
          if (found === undefined) absent();
          else applied(found);
        },
        applied,
        deleted: absent,
      },
      settings,
      around,
    );
  }

  /** The last value, also after the object is gone. */
  get value(): KubeObject | undefined {
    return this.#value;
  }

  /** When the server last confirmed the value or the absence, ms. */
  get lastSyncMs(): number | undefined {
    return this.#listWatch.lastSyncMs;
  }

  healthy(): boolean {
    return this.problem() === undefined;
  }

  /** Why it is not healthy. */
  problem(): string | undefined {
    return this.#listWatch.problem();
  }

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#listWatch.run(signal);
  }
}
