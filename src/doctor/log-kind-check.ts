import { ingressLogs } from '../metric/ingress-logs.ts';
import type { IngressLog } from '../metric/log-kind.ts';
import { logKindsIn, ownColumns } from '../sls/log-kinds-in.ts';
import { failed, ok } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { fieldsOf, indexOf, textualOf } from './field-checks.ts';
import { ingressLogOf } from './logstore-query.ts';

const windowSeconds = 60;

export const logKind: DoctorCheck = {
  id: 'log-kind',
  description:
    'The logstore has the columns of the log that the metric is for ([gateways](gateways.md)). If not, the result says whose it has',
  needs: ['index'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { dependencies, facts } = examination;
    const { request, address } = facts.get('target');
    const log = ingressLogOf(request);
    if (log === undefined) return ok('the metric is of the configuration, for any log');
    const kinds = Object.values(ingressLogs).map((kind) => facts.get('catalog').logIn(kind, address));
    const endSeconds = Math.floor(dependencies.clock.now() / 1000);
    const window = { startSeconds: endSeconds - windowSeconds, endSeconds };
    const found = await logKindsIn(address, kinds, window, facts.get('sls').gates, signal);
    if (found.some(({ kind }) => kind === log.kind)) return columnsOf(log, examination, signal);
    const [other] = found;
    if (other === undefined) return ok(`no kind of log has all of its own columns: see the check fields`);
    return failed(
      `the index has the columns of ${other.kind} (${ownColumns(other).join(', ')}), not of ${log.kind}`,
      `Name the metric ${other.metricPrefix}… instead of ${request.metric.name}, in the HPA and for doctor (--metric).`,
    );
  },
};

/** Tells of columns that other metrics of the kind need. The checks of fields tell of those of the metric. */
async function columnsOf(log: IngressLog, examination: Examination, signal: AbortSignal) {
  const needed = fieldsOf(examination.facts.get('target').request);
  const others = Object.values(log.columns).filter(
    (column) => column !== log.columns.canary && !needed.includes(column),
  );
  const { missing, columnTypes } = await indexOf(others, examination, signal);
  const textual = textualOf(others, columnTypes);
  const found = [
    ...missing.map(({ name }) => `${name} is not indexed`),
    ...textual.map(({ name, type }) => `${name} is indexed as text instead of ${type}`),
  ];
  const lacking = found.length === 0 ? '' : `. Other metrics than this one lack columns: ${found.join('; ')}`;
  return ok(`${log.kind}: metrics ${log.metricPrefix}…${lacking}`);
}
