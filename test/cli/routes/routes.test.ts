import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { watchQueries } from '../../../bench/sls/query-watch.ts';
import { longRoute, project, startRoutesLog } from './routes-log.ts';

const { routes, run, endSeconds: end, stop } = await startRoutesLog();
afterAll(stop);

const stamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '');

const received: string[] = [];
const stopWatching = watchQueries(({ text }) => received.push(text));
afterAll(stopWatching);
beforeEach(() => {
  received.length = 0;
});

async function routesJson(logstore: string, ...flags: readonly string[]) {
  const { code, stdout, stderr } = await routes(logstore, '-o', 'json', ...flags);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as { readonly routes: readonly Record<string, unknown>[] };
}

const names = (survey: { readonly routes: readonly Record<string, unknown>[] }) =>
  survey.routes.map(({ route }) => route);

describe('routes', () => {
  it('lists the routes of the last hour with their selectors, the busiest first', async () => {
    const { code, stdout, stderr } = await routes('nginx-ingress', '--namespace', 'shop');
    expect([code, stderr]).toEqual([0, '']);
    const [head, first, second, third, ...notes] = stdout.split('\n');
    expect(head).toMatch(/^ROUTE +QPS +PEAK +P95 +5XX +LAST SEEN +SELECTOR$/);
    expect(first).toMatch(/^shop-web-80 +0\.0333 +2 +1140ms +10% +\d+s +sls\.ingress\.route=shop-web-80$/);
    expect(second).toMatch(
      /^shop-model-serving-.*-v1-8501 +0\.0167 +1 +570ms +10% +\d+s +sls\.ingress\.namespace=shop,sls\.ingress\.service=[-a-z0-9]+,sls\.ingress\.port=8501$/,
    );
    expect(third).toMatch(/^shop-canary-80 +0\.00833 +0\.5 +290ms +10% /);
    expect(notes).toEqual([
      '',
      `From ${stamp(end - 3600)} to ${stamp(end)}; QPS is the average of that time, PEAK the busiest minute, LAST SEEN counts back from the end.`,
      expect.stringMatching(
        /^The first of these requests was logged \d+s before the end\. If the log is not older, QPS is too low: --since [56]m averages over that time\.$/,
      ),
      `Every SELECTOR also needs sls.project=${project},sls.logstore=nginx-ingress.`,
      '',
    ]);
  });

  it('prints the same as JSON, with the labels of each route', async () => {
    const survey = await routesJson('nginx-ingress');
    expect(survey).toMatchObject({
      project,
      logKind: 'nginx-ingress',
      from: stamp(end - 3600),
      to: stamp(end),
      isCut: false,
    });
    expect(names(survey)).toEqual(['default-web-80', 'shop-web-80', longRoute, 'shop-canary-80', 'internal']);
    expect(survey.routes[0]).toEqual({
      route: 'default-web-80',
      qps: 0.1,
      peakQps: 5,
      latencyP95Ms: 2820,
      errorRatio: 0.1,
      firstSeen: stamp(end - (end % 60) - 1800),
      lastSeen: stamp(end - (end % 60) - 600 + 59),
      matchLabels: {
        'sls.project': project,
        'sls.logstore': 'nginx-ingress',
        'sls.ingress.route': 'default-web-80',
      },
    });
    expect(survey.routes[2]).toMatchObject({ matchLabels: null });
  });

  it('has no selector for what is not a backend', async () => {
    const { stdout } = await routes('nginx-ingress');
    expect(stdout).toMatch(/^internal .* -$/m);
    expect(stdout).toContain('A route without a selector cannot be named by a metric.');
  });

  it('says what to do about a long route with an unknown namespace', async () => {
    const { stdout } = await routes('nginx-ingress');
    expect(stdout).toMatch(/^shop-model-serving-.* -$/m);
    expect(stdout).toContain('If it is only too long, --namespace splits it into its parts.\n');
  });

  it('looks back as far as --since says', async () => {
    expect(names(await routesJson('nginx-ingress', '--since', '8m'))).not.toContain('default-web-80');
  });

  it('has a busiest minute that is at least the average, even if the window does not begin at a full minute', async () => {
    const [web] = (await routesJson('steady', '--since', '1m')).routes;
    expect(web).toMatchObject({ qps: 1, peakQps: 1 });
  });

  it('says that the log covers only a part of the time, and how to average over that part', async () => {
    const { stdout } = await routes('steady');
    expect(stdout).toMatch(/^default-web-80 +0\.0333 /m);
    expect(stdout).toContain('logged 120s before the end.');
    const { stdout: shorter } = await routes(
      'steady',
      ...(/--since \d+m/.exec(stdout)?.[0].split(' ') ?? []),
    );
    expect(shorter).toMatch(/^default-web-80 +1 /m);
    expect(shorter).not.toContain('The first of these requests');
  });

  it('shows at most --limit routes, and says that there are more', async () => {
    const { stdout } = await routes('nginx-ingress', '--limit', '1');
    expect(stdout).toMatch(/^default-web-80 /m);
    expect(stdout).not.toMatch(/^shop-/m);
    expect(stdout).toContain('There are more routes. These 1 had the most requests (--limit).\n');
    expect(await routesJson('nginx-ingress', '--limit', '1')).toMatchObject({ isCut: true });
    const ofRoutes = received.filter((text) => text.includes('effective_route'));
    for (const text of ofRoutes) expect(text).toMatch(/ LIMIT 2$/);
  });

  it('treats a logstore that begins with alb_ as a log of ALB, unless --log-kind says otherwise', async () => {
    expect(await routesJson('alb_ingress')).toMatchObject({
      logKind: 'alb-ingress',
      routes: [{ route: 'default-tea-80', peakQps: 1, latencyP95Ms: 570 }],
    });
    const { code, stderr } = await routes('alb_ingress', '--log-kind', 'nginx-ingress');
    expect(code).toBe(1);
    expect(stderr).toMatch(/proxy_upstream_name/);
  });

  it.each([
    ['mse', 'mse-ingress', 'default-web-80'],
    ['envoy', 'envoy-gateway', 'default-web-0'],
  ])('recognises the log in %s by its columns, as one of %s', async (logstore, logKind, route) => {
    expect(await routesJson(logstore)).toMatchObject({
      logKind,
      routes: [
        { route, peakQps: 1, latencyP95Ms: 120, errorRatio: 0, matchLabels: { 'sls.ingress.route': route } },
      ],
    });
    const metric = logKind === 'mse-ingress' ? 'sls_mse_ingress_qps' : 'sls_envoy_gateway_qps';
    expect((await routes(logstore, '--hpa', 'web')).stdout).toContain(`name: ${metric}`);
  });

  it('leaves out columns for which the logstore has no index', async () => {
    const survey = await routesJson('old');
    expect(survey.routes).toMatchObject([{ route: 'default-web-80', latencyP95Ms: null, errorRatio: 0.1 }]);
    expect((await routes('old')).stdout).toMatch(/^default-web-80 +0\.0333 +2 +- +10% /m);
  });

  it('says so if nothing was logged', async () => {
    const { code, stdout } = await routes('idle');
    expect([code, stdout]).toEqual([
      0,
      `No request to a backend was logged from ${stamp(end - 3600)} to ${stamp(end)}.\n`,
    ]);
  });

  it.each([
    [['--since', '25h'], '--since must be from 1m to 24h'],
    [['--limit', '1001'], '--limit must be from 1 to 1000'],
    [['--namespace', "a' OR"], `--namespace "a' OR" must be the name of a namespace`],
    [['--route', 'a-b-80'], '--route needs --hpa DEPLOYMENT or --scaled-object DEPLOYMENT'],
    [['--hpa', 'web', '--scaled-object', 'web'], '--hpa and --scaled-object must not be given together'],
    [['--scaled-object', 'Web'], '--scaled-object "Web" must be the name of a Deployment'],
    [['--hpa', 'A_b'], '--hpa "A_b" must be the name of a Deployment'],
    [['--hpa', 'web', '--min', '5', '--max', '4'], '--min 5 must be at most --max 4'],
  ])('refuses %j in one line', async (flags, message) => {
    const { code, stdout, stderr } = await routes('nginx-ingress', ...flags);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`sls-metrics-adapter: ${message}`);
    expect(stderr.trim()).not.toContain('\n');
  });

  it('refuses to run without a logstore', async () => {
    const { code, stderr } = await run('--project', project);
    expect(code).toBe(2);
    expect(stderr).toContain('--logstore is missing, for example --logstore nginx-ingress');
  });
});
