import { describe, expect, it } from 'vitest';
import { clusterFaults } from './faults/cluster-faults.ts';
import { logsFaults } from './faults/logs-faults.ts';
import { reachFaults } from './faults/reach-faults.ts';
import { createPatient, unwell } from './patient.ts';

const faults = [...reachFaults, ...logsFaults, ...clusterFaults];

describe('doctor', () => {
  it.each(faults)(
    'finds that $name',
    async ({ plant, check, status, found, remedy, write = [], skipped = [] }) => {
      await using patient = await createPatient();
      await using closing = new AsyncDisposableStack();
      await plant(patient, closing);
      const results = await patient.examine();
      expect(unwell(results).map((result) => [result.check, result.status])).toEqual([[check, status]]);
      const result = results.find((one) => one.check === check);
      for (const part of found) expect(result?.found).toContain(part);
      expect(result?.remedy).toContain(remedy);
      if (typeof write === 'string') expect(result?.write).toBe(write);
      else for (const part of write) expect(result?.write).toContain(part);
      const notDone = results.filter((one) => one.status === 'skipped').map((one) => one.check);
      expect(notDone).toEqual(expect.arrayContaining([...skipped]));
    },
  );
});
