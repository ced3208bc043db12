import { z } from 'zod';
import { ingressLogs } from '../metric/ingress-logs.ts';
import { logstoreName, projectName, section } from './leaf.ts';
import { column } from './own-metrics/own-metric-schema.ts';

const known = [
  ...new Set(
    Object.values(ingressLogs).flatMap(({ columns }) => Object.values(columns).map(({ name }) => name)),
  ),
].sort();

/** For who collects a log by a configuration of their own. In the order of the file: the first entry that matches applies. */
export const logColumnsSection = z
  .array(
    section({
      project: projectName('Project of the logstore; default: every project').optional(),
      logstore: logstoreName('Logstore whose columns have other names than in the log of the gateway'),
      columns: z
        .partialRecord(z.enum(known), column('The name of a column in the logstore'), {
          error: ({ code }) =>
            code === 'invalid_type'
              ? 'must be a mapping of names in the log of the gateway to names in the logstore, such as { authority: host }'
              : `must have names that a gateway writes: ${known.join(', ')}`,
        })
        .describe('Mapping of names in the log of the gateway to names in the logstore'),
    }),
    { error: 'must be a list of logstores' },
  )
  .default([]);
