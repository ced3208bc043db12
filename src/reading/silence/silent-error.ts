import { AdapterError } from '../../errors.ts';
import type { CountedLogstore } from '../../sls/second-counts.ts';
import type { Silence } from './silence-rule.ts';

type SilentLogstore = Pick<CountedLogstore, 'project' | 'logstore' | 'routeColumn'>;

export function silentError(logstore: SilentLogstore, silence: Silence): AdapterError {
  const { byHeartbeat, hasOtherLines } = silence;
  const text = silenceText(logstore, silence);
  if (byHeartbeat === true)
    return new AdapterError('LogstoreSilent', `${text}: the collector may be down`, {
      remedy: 'Check the pods of the collector. Readings fail while the ingress answers heartbeats.',
    });
  const cause = `the collector or the ingress controller may be down${hasOtherLines ? ', or the log has another form' : ''}`;
  return new AdapterError('LogstoreSilent', `${text}: ${cause}`);
}

/** Returns words that stay the same while the silence lasts, so that Kubernetes folds events with them. */
export function silenceText({ project, logstore, routeColumn }: SilentLogstore, silence: Silence): string {
  const { lastSeconds, nextSeconds, linesAMinuteBefore, byHeartbeat, hasOtherLines } = silence;
  const from = timeText(lastSeconds);
  const when =
    nextSeconds === undefined ? `since ${from} UTC` : `from ${from} to ${timeText(nextSeconds)} UTC`;
  const evidence =
    byHeartbeat === true
      ? 'though the ingress answered heartbeats'
      : `where ${Math.round(linesAMinuteBefore)} a minute came before`;
  const what =
    hasOtherLines && routeColumn !== undefined
      ? `no line with ${routeColumn}, only lines without it,`
      : 'no line at all';
  return `${what} in ${project}/${logstore} ${when}, ${evidence}`;
}

const timeText = (unixSeconds: number) => new Date(unixSeconds * 1000).toISOString().slice(11, 19);
