import { describe, expect, it } from 'vitest';
import { clusterFaults } from './faults/cluster-faults.ts';
import { hpaFaults } from './faults/hpa-faults.ts';
import { linesFaults } from './faults/lines-faults.ts';
import { logsFaults } from './faults/logs-faults.ts';
import { reachFaults } from './faults/reach-faults.ts';
import { createHealthySetup, faultsIn } from './healthy-setup.ts';

const faults = [...reachFaults, ...logsFaults, ...linesFaults, ...clusterFaults, ...hpaFaults];

describe('doctor', () => {
  it.each(faults)(
    'reports that $name',
    async ({ inject, check, status, found, remedy, write = [], skipped = [] }) => {
      await using setup = await createHealthySetup();
      await using cleanup = new AsyncDisposableStack();
      await inject(setup, cleanup);
      const results = await setup.examine();
      expect(faultsIn(results).map((result) => [result.check, result.status])).toEqual([[check, status]]);
      const result = results.find((one) => one.check === check);
      for (const part of found) expect(result?.found).toContain(part);
      expect(result?.remedy).toContain(remedy);
      if (typeof write === 'string') expect(result?.write).toBe(write);
      else for (const part of write) expect(result?.write).toContain(part);
      const skippedChecks = results.filter((one) => one.status === 'skipped').map((one) => one.check);
      expect(skippedChecks).toEqual(expect.arrayContaining([...skipped]));
    },
  );
});
