import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { ScaledObjectRefSchema } from '../../src/keda/externalscaler_pb.ts';
import { refTo, scriptedScaler } from './keda-harness.ts';

/** What the reader answers at each beat of 5 s. */
type Answers = readonly (number | Error)[];

/** Returns the seconds at which a stream tells that the workload is active, and who read. */
async function toldAt(answers: Answers, metadata: Readonly<Record<string, string>> = {}) {
  const stopped = new AbortController();
  let beats = 0;
  const answer = () => {
    const next = answers[beats] ?? 0;
    reader.answer = next instanceof Error ? next : [next];
  };
  const { clock, reader, scaler } = scriptedScaler({
    pause: (pauseMs) => {
      clock.advance(pauseMs);
      beats += 1;
      answer();
      if (beats === answers.length) stopped.abort();
      return Promise.resolve();
    },
  });
  answer();
  const startMs = clock.now();
  const told: number[] = [];
  const ref = create(ScaledObjectRefSchema, refTo(metadata));
  for await (const { result } of scaler.streamIsActive(ref, stopped.signal, '', () => Promise.resolve())) {
    expect(result).toBe(true);
    told.push((clock.now() - startMs) / 1000);
  }
  return { told, reads: reader.reads };
}

const times = (count: number, value: number): number[] => Array<number>(count).fill(value);
const failure = new AdapterError('SlsTimeout', 'no');

describe('StreamIsActive', () => {
  it('tells nothing while the value is 0, and reads once every 5 s as a reader of its own', async () => {
    const { told, reads } = await toldAt(times(6, 0));
    expect(told).toEqual([]);
    expect(reads.map(({ by }) => by.user)).toEqual(Array(6).fill('keda-stream/web'));
  });

  it('tells at once when the value rises, and every 30 s while it is above activation', async () => {
    expect((await toldAt([0, 0, ...times(14, 3)])).told).toEqual([10, 40, 70]);
  });

  it('tells again at once after the value was 0', async () => {
    expect((await toldAt([1, 0, 1, 1, 0, 0, 2])).told).toEqual([0, 10, 30]);
  });

  it('tells nothing at the value of activation', async () => {
    expect((await toldAt([5, 5, 5.001], { activation: '5' })).told).toEqual([10]);
  });

  it('tells nothing by a reading that fails, and stays open', async () => {
    expect((await toldAt([0, failure, 1, failure, failure, 1, 1])).told).toEqual([10]);
  });

  it('ends with an error if the metadata is wrong', async () => {
    await expect(toldAt([0], { target: '' })).rejects.toMatchObject({
      rawMessage: expect.stringMatching(/^TriggerInvalid: target is ""/) as string,
    });
  });
});
