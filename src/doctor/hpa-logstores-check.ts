import { type AdapterError, toAdapterError } from '../errors.ts';
import { labelDefinitions } from '../metric/labels.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import { logstoreName } from '../metric/series.ts';
import { failed, ok } from './check.ts';
import { nearest } from './edit-distance.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { hpaReads } from './hpa-reads.ts';
import { queryLogstore } from './logstore-query.ts';

/** One small query each. */
const maxQueried = 20;

/** A logstore that HPAs name. */
interface NamedLogstore {
  readonly request: MetricRequest;
  /** `{namespace}/{name}` of the HPAs. */
  readonly hpas: readonly string[];
}

/** Checks the logstores that the checks from `query` on leave out: these check the one of the target. */
export const hpaLogstores: DoctorCheck = {
  id: 'hpa-logstores',
  description: 'SLS answers for every project and logstore that an HPA names',
  needs: ['hpas', 'credentials', 'endpoint'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const all = namedLogstores(examination);
    const target = logstoreName(examination.facts.get('target').address);
    const others = all.filter(({ request }) => logstoreName(request) !== target).slice(0, maxQueried);
    const errors = await Promise.all(others.map((one) => tryLogstore(one, examination, signal)));
    const refused = others.flatMap((one, index) => {
      const error = errors[index];
      return error === undefined ? [] : [{ ...one, error }];
    });
    if (others.length === 0) return ok('HPAs name no other logstore than the target');
    if (refused.length === 0) return ok(`SLS answers for ${others.length} besides the target`);
    const lines = refused.map(({ hpas: [first = '', ...more], error }) => {
      const count = more.length === 0 ? '' : ` and ${more.length} more`;
      return `HPA ${first}${count}: ${error.what}`;
    });
    const answering = all.filter((one) => !refused.some(({ request }) => request === one.request));
    return failed(
      lines.join('\n'),
      [...new Set(refused.map(({ error }) => error.remedy))].join(' '),
      correction(refused[0], answering),
    );
  },
};

function namedLogstores(examination: Examination): NamedLogstore[] {
  const groups = Map.groupBy(hpaReads(examination), ({ request }) => logstoreName(request));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const hpas = [...new Set(group.map(({ hpa }) => hpa))];
    return first === undefined ? [] : [{ request: first.request, hpas }];
  });
}

async function tryLogstore(
  { request: { project, logstore, internalEndpoint } }: NamedLogstore,
  examination: Examination,
  signal: AbortSignal,
): Promise<AdapterError | undefined> {
  const endpoint = examination.facts.get('sls').endpointOf({ project, internalEndpoint });
  const query = (during: string) => `* | SELECT count(*) AS lines FROM log WHERE ${during} LIMIT 1`;
  try {
    await queryLogstore(examination, query, signal, [60], { endpoint, project, logstore });
    return undefined;
  } catch (thrown) {
    return toAdapterError(thrown);
  }
}

/** Returns the name that was most likely meant, if SLS does not know the project or the logstore. */
function correction(
  refused: (NamedLogstore & { readonly error: AdapterError }) | undefined,
  answering: readonly NamedLogstore[],
): string | undefined {
  const kind = refused?.error.code === 'ProjectNotFound' ? 'project' : 'logstore';
  if (refused === undefined || (kind === 'logstore' && refused.error.code !== 'LogstoreNotFound'))
    return undefined;
  const names = [...new Set(answering.map(({ request }) => request[kind]))];
  const [name] = nearest(refused.request[kind], names, 1);
  return name === undefined ? undefined : `${labelDefinitions[kind].name}: ${name}`;
}
