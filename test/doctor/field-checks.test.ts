import { expect, it } from 'vitest';
import type { Examination } from '../../src/doctor/examination.ts';
import { indexOf } from '../../src/doctor/field-checks.ts';
import { AdapterError } from '../../src/errors.ts';

const columns = ['upstreamCluster', 'status'].map((name) => ({ name, type: 'text' as const }));

it('a column counts as not indexed also if SLS writes its name in lower case', async () => {
  const query = ({ query: text }: { readonly query: string }) =>
    text.includes('upstreamCluster')
      ? Promise.reject(new AdapterError('IndexMissing', "Column 'upstreamcluster' cannot be resolved"))
      : Promise.resolve({ rows: [], columnTypes: new Map([['status', 'varchar']]) });
  const address = { project: 'k8s-log-c1', logstore: 'nginx-ingress' };
  const examination = {
    dependencies: { clock: Date },
    facts: { get: (name: string) => (name === 'sls' ? { gates: { query } } : { address }) },
  } as unknown as Examination;
  const { missing, columnTypes } = await indexOf(columns, examination, new AbortController().signal);
  expect(missing).toEqual(columns.slice(0, 1));
  expect([...columnTypes]).toEqual([['status', 'varchar']]);
});
