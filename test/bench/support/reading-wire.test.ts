import { describe, expect, it } from 'vitest';
import { decodeReading } from '../../../bench/support/reading-wire.ts';
import { encodeProtobuf } from '../../../src/api/read/encode.ts';
import { externalMetricValueList } from '../../../src/api/read/external-metrics.ts';

const item = (value: number) => ({
  labels: { 'sls.ingress.route': 'default-web-80' },
  sample: { value, window: { startSeconds: 1_000_000_000, endSeconds: 1_000_000_015 } },
});

describe('decoding of a reading in protobuf', () => {
  it('returns the value and window that were encoded', () => {
    const body = encodeProtobuf(externalMetricValueList('sls_ingress_qps', [item(23.875)]));
    expect(decodeReading(body)).toEqual({
      value: 23.875,
      windowSeconds: 15,
      windowEndSeconds: 1_000_000_015,
    });
  });

  it('throws if the list has more than one item', () => {
    const body = encodeProtobuf(externalMetricValueList('sls_ingress_qps', [item(1), item(2)]));
    expect(() => decodeReading(body)).toThrow('2 items');
  });
});
