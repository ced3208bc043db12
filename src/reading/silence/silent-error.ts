import { AdapterError } from '../../errors.ts';
import type { CountedLogstore } from '../../sls/second-counts.ts';
import type { Silence } from './silence-rule.ts';

type SilentLogstore = Pick<CountedLogstore, 'project' | 'logstore' | 'routeColumn'>;

export const silentError = (logstore: SilentLogstore, silence: Silence) =>
  silence.byHeartbeat === true
    ? new AdapterError('LogstoreSilent', `${silenceText(logstore, silence)}: the collector may be down`, {
        remedy: 'Check the pods of the collector. Readings fail while the ingress answers heartbeats.',
      })
    : new AdapterError(
        'LogstoreSilent',
        `${silenceText(logstore, silence)}: the collector or the ingress controller may be down${logstore.routeColumn === undefined ? '' : ', or the log has another form'}`,
      );

/** Returns words that stay the same while the silence lasts, so that Kubernetes folds events with them. */
export function silenceText({ project, logstore, routeColumn }: SilentLogstore, silence: Silence): string {
  const { lastSeconds, nextSeconds, linesAMinuteBefore, byHeartbeat } = silence;
  const from = timeText(lastSeconds);
  const when =
    nextSeconds === undefined ? `since ${from} UTC` : `from ${from} to ${timeText(nextSeconds)} UTC`;
  const evidence =
    byHeartbeat === true
      ? 'though the ingress answered heartbeats'
      : `where ${Math.round(linesAMinuteBefore)} a minute came before`;
  const what = routeColumn === undefined ? 'no line at all' : `no line with ${routeColumn}`;
  return `${what} in ${project}/${logstore} ${when}, ${evidence}`;
}

const timeText = (unixSeconds: number) => new Date(unixSeconds * 1000).toISOString().slice(11, 19);
