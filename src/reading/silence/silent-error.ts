import { AdapterError } from '../../errors.ts';
import type { LogstoreName } from '../wanted-series.ts';
import type { Silence } from './silence-rule.ts';

/** Returns the error of readings while a logstore is silent. It stays the same, so that Kubernetes folds its events. */
export function silentError({ project, logstore }: LogstoreName, silence: Silence): AdapterError {
  const { lastSeconds, nextSeconds, linesAMinuteBefore } = silence;
  const from = timeText(lastSeconds);
  const when =
    nextSeconds === undefined ? `since ${from} UTC` : `from ${from} to ${timeText(nextSeconds)} UTC`;
  return new AdapterError(
    'LogstoreSilent',
    `no line at all in ${project}/${logstore} ${when}, where ${Math.round(linesAMinuteBefore)} a minute came before: the collector or the ingress controller may be down`,
  );
}

const timeText = (unixSeconds: number) => new Date(unixSeconds * 1000).toISOString().slice(11, 19);
