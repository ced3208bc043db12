import { toAdapterError } from '../errors.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { queryText, routeAlias } from '../sls/query-text.ts';
import { unindexedField } from '../sls/sls-error.ts';
import { ok, skipped, warn } from './check.ts';
import { nearest } from './edit-distance.ts';
import type { DoctorCheck, Examination } from './examination.ts';
import { ingressLogOf } from './ingress-log.ts';
import { countIn, survey, usualReach } from './survey.ts';

/** More routes than any cluster has ingresses. */
const maxRoutes = 100_000;
const namesShown = 3;

export const route: DoctorCheck = {
  id: 'route',
  what: 'Whether requests to the routes were seen within the hour; else the nearest names that were',
  after: ['log-format'],
  deadlineMs: 30_000,
  run: async (examination, signal) => {
    const { routes } = examination.facts.get('target');
    const seen = await seenRoutes(examination, signal);
    if (seen.size === 0) return skipped('no route was seen within the hour');
    if (routes.length === 0) return ok(`the whole logstore: ${seen.size} routes within the hour`);
    const unseen = routes.filter((name) => !seen.has(name));
    if (unseen.length === 0)
      return ok(routes.map((name) => `${name}: ${seen.get(name) ?? 0} requests within the hour`).join(', '));
    const names = [...seen.keys()];
    const guesses = unseen.map((name) => ({ name, near: nearest(name, names, namesShown) }));
    const told = guesses.map(({ name, near }) =>
      near.length === 0 ? name : `${name} (nearest: ${near.join(', ')})`,
    );
    const guess = guesses.find(({ near }) => near.length > 0)?.near[0];
    return warn(
      `not seen within the hour: ${told.join('; ')}`,
      'Correct the route, {namespace}-{service}-{port} as nginx-ingress logs it; where nobody has asked for it yet, all is well, and it reads 0.',
      `${labelDefinitions.route.name}=${guess ?? names.sort()[0] ?? ''}`,
    );
  },
};

/** Requests by route: that of the canary where it served, as readings have it. */
async function seenRoutes(
  examination: Examination,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const log = ingressLogOf(examination.facts.get('target').request);
  // It waits for log-format, which there is of ingresses alone.
  if (log === undefined) return new Map();
  const { logKind, columns } = log;
  const toSeconds = Math.floor(examination.around.clock.now() / 1000) + 1;
  const window = { startSeconds: toSeconds - usualReach[0], endSeconds: toSeconds };
  const statement = { logKind, filters: {}, window, routes: [], everyRoute: true, maxRows: maxRoutes };
  const ask = (hasAlternative: boolean) => {
    const query = queryText({ ...statement, aggregates: { requests: 'count(*)' }, hasAlternative });
    return survey(examination, { query }, signal);
  };
  const { rows } = await ask(true).catch((thrown: unknown) => {
    const error = toAdapterError(thrown);
    const { alternative } = columns.route;
    if (alternative === undefined || unindexedField(error) !== alternative) throw error;
    return ask(false);
  });
  const counts = rows.map((row) => [row[routeAlias] ?? '', countIn(row, 'requests')] as const);
  return new Map(counts.filter(([name]) => name !== '' && name !== '-'));
}
