import type { Row } from '../sls/read-reply.ts';

/** Forms of a log line, by how one begins. Their names follow "the form of". */
const forms: readonly (readonly [RegExp, string])[] = [
  [/^\{"log":"/, "lines of Docker's json-file log"],
  [/^\{/, 'JSON'],
  [/^\d{4}-\d\d-\d\dT\S+ (stdout|stderr) [FP] /, 'lines of the container runtime (CRI)'],
  [/^\d{4}-\d\d-\d\dT\S+ /, 'kubectl logs --timestamps'],
  [/^\[pod\/\S+\] /, 'kubectl logs --prefix'],
  [
    /^\S+ - \S+ \[[^\]]+\] ".*" \d+ \d+ ".*" ".*" \d+ [\d.]+ \[[^\]]*\] \[/,
    "ingress-nginx's default log format",
  ],
  [/^\S+ - \[[^\]]+\] - \S+ \[[^\]]+\] "/, 'ACK'],
  [/^\S+ - \S+ \[[^\]]+\] "/, "nginx's combined log format"],
  [/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[\w+\]|^[IWEF]\d{4} /, "the controller's own messages"],
];

/** Fields that SLS or the collector adds. Their names tell nothing of the form. */
const isAdded = (name: string) => /^__|^_\w+_$|^content$/.test(name);

/**
 * Returns what lines without a route look like, without quoting them: a line may contain anything.
 *
 * @param rows lines as a search returns them. The collector keeps a line that it cannot parse in the field `content`
 */
export function formText(rows: readonly Row[]): string | undefined {
  const unparsed = rows.flatMap(({ content }) => (content === undefined ? [] : [content]));
  if (unparsed.length > 0) {
    const counts = Map.groupBy(unparsed, (text) => forms.find(([pattern]) => pattern.test(text))?.[1] ?? '');
    const [most] = [...counts].sort(([, one], [, other]) => other.length - one.length);
    const name = most?.[0] ?? '';
    const form = name === '' ? 'a form that doctor does not know' : `the form of ${name}`;
    return `the collector could not parse them, and keeps them in \`content\`; most have ${form}`;
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => !isAdded(name));
  if (names.length === 0) return undefined;
  const more = names.length > maxNames ? ', …' : '';
  return `they have the fields ${names.slice(0, maxNames).join(', ')}${more}`;
}

const maxNames = 25;

/** The log format in ACK's own configuration of nginx-ingress. The index of its logstore has these fields. */
export const ackLogFormat = `log-format-upstream: >-
  $remote_addr - [$remote_addr] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"
  "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length
  $upstream_response_time $upstream_status $req_id $host [$proxy_alternative_upstream_name]`;

export const ackFormatRemedy =
  'Have nginx-ingress write the log format of ACK (ConfigMap kube-system/nginx-configuration), and have the collector parse lines into these fields (AliyunLogConfig k8s-nginx-ingress):';
