import { stringify } from 'yaml';
import type { Config } from '../../config/schema.ts';
import { projectSettings } from '../../config/project-settings.ts';
import { AdapterError } from '../../errors.ts';
import { dnsLabelForm } from '../../grammar/label-selector.ts';
import type { Catalog } from '../../metric/catalog.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import { ingressLogs } from '../../metric/ingress-logs.ts';
import type { IngressLog, IngressLogKind } from '../../metric/log-kind.ts';
import { withRetry } from '../../reading/retry.ts';
import { catalogOf } from '../../service/catalog.ts';
import { surveyDefaultBackends } from '../../sls/default-backend.ts';
import type { LogSource } from '../../sls/client.ts';
import { logKindsIn } from '../../sls/log-kinds-in.ts';
import { surveyRoutes, type SurveyQuery } from '../../sls/route-survey.ts';
import { unindexedField } from '../../sls/sls-error.ts';
import { writeResult, type Io } from '../io.ts';
import { loadCommandConfig, openReading, type Flags } from '../command-config.ts';
import type { HpaOptions } from './hpa-route.ts';
import { scaledObjectOf } from './scaled-object.ts';
import { surveyJson, surveyTable, type Survey } from './survey-output.ts';

export interface RoutesOptions extends Omit<HpaOptions, 'deployment'> {
  /** How far back to look, milliseconds. */
  readonly since: number;
  readonly logKind?: IngressLogKind;
  readonly limit: number;
  /** A Deployment. If given, an HPA for it is printed instead of the routes. */
  readonly hpa?: string;
  /** The same, for which a ScaledObject of KEDA is printed. */
  readonly scaledObject?: string;
  /** How long a pod of it takes until it is ready, milliseconds. */
  readonly startup: number;
  /** Whether the HPA names the forecast too. */
  readonly forecast?: boolean;
  readonly output: 'table' | 'json';
}

/** A query over an hour of a busy log takes longer than a read may. */
const deadlineMs = 60_000;
const maxRetries = 5;
const maxSinceMs = 24 * 3_600_000;
/** For an HPA all routes are fetched, since the route of the Deployment may have few requests. */
const limitForHpa = 10_000;

/** Prints the recent routes in a logstore, or an HPA for one of them. */
export async function routes(options: RoutesOptions & Flags, io: Io): Promise<void> {
  const config = await loadCommandConfig(options, io);
  const { project, logstore } = config.defaults;
  const deployment = options.hpa ?? options.scaledObject;
  checkOptions(options, deployment);
  if (project === undefined || logstore === undefined) {
    const [name, example] = project === undefined ? ['project', 'k8s-log-ID'] : ['logstore', 'nginx-ingress'];
    throw new AdapterError('ConfigInvalid', `--${name} is missing, for example --${name} ${example}`);
  }
  using reading = openReading(config, io);
  const { delaySeconds, delay } = projectSettings(config)(project).reading;
  const endSeconds = Math.floor(io.clock.now() / 1000) - (delaySeconds ?? delay.initialSeconds);
  const kind = options.logKind ?? (logstore.startsWith('alb_') ? 'alb-ingress' : 'nginx-ingress');
  const { logIn } = catalogOf(config);
  const limit = deployment === undefined ? options.limit : limitForHpa;
  const asked: SurveyQuery = {
    endpoint: reading.sls.endpointOf({ project, internalEndpoint: undefined }),
    project,
    logstore,
    logKind: logIn(ingressLogs[kind], { project, logstore }),
    window: { startSeconds: endSeconds - Math.ceil(options.since / 1000), endSeconds },
    routes: options.route,
    namespace: options.namespace,
    withoutHeartbeats: reading.sls.heartbeats?.isIn({ project, logstore }) === true,
    // One more than the limit, to find out if there are more.
    maxRows: limit + 1,
  };
  const sending = <T>(send: (signal: AbortSignal) => Promise<T>) =>
    withRetry(send, () => maxRetries, io.signal, { ...reading.retryPauses, deadlineMs });
  const { gates } = reading.sls;
  const survey = (query: SurveyQuery) =>
    sending(async (signal) => ({ query, found: await surveyRoutes(query, gates, signal) }));
  const { query, found } = await survey(asked).catch(async (error: unknown) => {
    const isOther = unindexedField(error) === asked.logKind.columns.backend.name;
    if (options.logKind !== undefined || !isOther) throw error;
    const other = await sending((signal) => otherKind(asked, logIn, gates, signal));
    if (other === undefined) throw error;
    return survey({ ...asked, logKind: other });
  });
  const [together] =
    (options.route ?? []).length > 1
      ? await sending((signal) => surveyRoutes({ ...query, together: true }, gates, signal))
      : [];
  const defaultBackends =
    query.logKind.kind === 'nginx-ingress'
      ? await sending((signal) => surveyDefaultBackends(query, query.window, gates, signal))
      : [];
  const namespaces = options.namespace === undefined ? config.access.knownNamespaces : [options.namespace];
  const shown: Survey = {
    query,
    routes: found.slice(0, limit),
    together,
    isCut: found.length > limit,
    defaultBackends,
    namespaces,
  };
  if (deployment !== undefined) await printHpa(shown, { ...options, deployment }, config, io);
  else writeResult(io, options.output, surveyJson(shown), surveyTable(shown));
}

/** Returns the log of the gateway whose columns the logstore has. */
async function otherKind(
  query: SurveyQuery,
  logIn: Catalog['logIn'],
  logs: LogSource,
  signal: AbortSignal,
): Promise<IngressLog | undefined> {
  const kinds = Object.values(ingressLogs).map((log) => logIn(log, query));
  return (await logKindsIn(query, kinds, query.window, logs, signal))[0];
}

async function printHpa(survey: Survey, options: RoutesOptions & HpaOptions, config: Config, io: Io) {
  const { suggestHpa, withForecast } = await import('./hpa-manifest.ts');
  const { trySettings } = await import('./try-settings.ts');
  const suggested = suggestHpa(survey, options);
  const { manifest: tried, comments } = await trySettings(suggested.manifest, options.startup, config, io);
  const hpa = options.forecast === true ? withForecast(tried, options.startup) : tried;
  const manifest = options.scaledObject === undefined ? hpa : scaledObjectOf(hpa);
  // JSON has no comments.
  if (options.output === 'json') io.stderr.write(comments);
  const yaml = stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
  writeResult(io, options.output, manifest, suggested.comments + comments + yaml);
}

/** Valid names of a Deployment. Source: Kubernetes, names that are RFC 1123 subdomains. */
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @throws AdapterError `ConfigInvalid` */
function checkOptions(options: RoutesOptions, deployment: string | undefined): void {
  const { since, limit, namespace, hpa, scaledObject, min, max, route } = options;
  const invalid = (what: string) => new AdapterError('ConfigInvalid', what);
  if (since < 60_000 || since > maxSinceMs) throw invalid('--since must be from 1m to 24h');
  if (limit > 1000) throw invalid('--limit must be from 1 to 1000');
  if (namespace !== undefined && !dnsLabelForm.test(namespace))
    throw invalid(`--namespace ${JSON.stringify(namespace)} must be the name of a namespace`);
  if (hpa !== undefined && scaledObject !== undefined)
    throw invalid('--hpa and --scaled-object must not be given together');
  const flag = hpa === undefined ? '--scaled-object' : '--hpa';
  if (deployment !== undefined && (deployment.length > 253 || !dnsSubdomain.test(deployment)))
    throw invalid(`${flag} ${JSON.stringify(deployment)} must be the name of a Deployment`);
  if (deployment === undefined && route !== undefined)
    throw invalid('--route needs --hpa DEPLOYMENT or --scaled-object DEPLOYMENT');
  const wrong = route?.find((name) => !labelDefinitions.route.accepts(name));
  if (wrong !== undefined)
    throw invalid(`--route ${JSON.stringify(wrong)} must be ${labelDefinitions.route.accepted}`);
  if (min > max) throw invalid(`--min ${min} must be at most --max ${max}`);
}
