import { LRUCache } from 'lru-cache';
import { formatQuantity } from '../../grammar/quantity.ts';
import { windowSeconds, type Sample } from '../../metric/sample.ts';
import { groupVersion, listKind } from '../discovery/discovery.ts';
import { encodeObject, type Representation } from './encoding.ts';

/** The answer to one read. */
export interface MetricReading {
  readonly items: readonly MetricItem[];
  /** Kept and young enough, asked for now, or kept and served for want of a younger one. */
  readonly source: 'fresh' | 'cold' | 'stale';
}

export interface MetricItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly sample: Sample;
}

/** The body of a reading. Source: k8s.io/metrics, ExternalMetricValueList. */
export function externalMetricValueList(metricName: string, items: readonly MetricItem[]) {
  return {
    kind: listKind,
    apiVersion: groupVersion,
    metadata: {},
    items: items.map(({ labels, sample }) => ({
      metricName,
      metricLabels: labels,
      timestamp: new Date(sample.window.endSeconds * 1000).toISOString().replace('.000Z', 'Z'),
      window: windowSeconds(sample.window),
      value: formatQuantity(sample.value),
    })),
  } as const;
}

interface Encoded extends Representation {
  readonly bytes: Buffer;
}

/** A reading that is read by one alone is encoded once anyway: what is kept is for those that many read. */
const maxBodies = 1000;

/** The bodies of the last readings served, encoded once for each representation. */
export class ReadingBodies {
  readonly #encoded = new LRUCache<MetricReading, Encoded[]>({ max: maxBodies });

  /** @param metricName that of the reading: a reading is of one metric */
  get(metricName: string, reading: MetricReading, representation: Representation): Buffer {
    const known = this.#encoded.get(reading) ?? [];
    const { mediaType, pretty } = representation;
    const same = known.find((one) => one.mediaType === mediaType && one.pretty === pretty);
    if (same !== undefined) return same.bytes;
    const bytes = encodeObject(externalMetricValueList(metricName, reading.items), representation);
    this.#encoded.set(reading, [...known, { mediaType, pretty, bytes }]);
    return bytes;
  }
}
