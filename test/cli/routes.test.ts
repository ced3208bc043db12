import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { watchQueries } from '../../bench/sls/query-watch.ts';
import { longRoute, project, startRoutesLog } from './routes-log.ts';

const { routes, run, endSeconds: end, stop } = await startRoutesLog();
afterAll(stop);

const stamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '');

const received: string[] = [];
watchQueries(({ text }) => received.push(text));
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
  it('lists those of the last hour, most asked for first, each with what reads it', async () => {
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
      `From ${stamp(end - 3600)} to ${stamp(end)}; PEAK is the busiest minute, LAST SEEN is before the end.`,
      `Every SELECTOR needs sls.project=${project},sls.logstore=nginx-ingress as well.`,
      '',
    ]);
  });

  it('tells the same as JSON, with the labels of each', async () => {
    const survey = await routesJson('nginx-ingress');
    expect(survey).toMatchObject({
      project,
      logKind: 'nginx-ingress',
      from: stamp(end - 3600),
      to: stamp(end),
      isCut: false,
    });
    expect(names(survey)).toEqual(['default-web-80', 'shop-web-80', longRoute, 'shop-canary-80']);
    expect(survey.routes[0]).toEqual({
      route: 'default-web-80',
      qps: 0.1,
      peakQps: 5,
      latencyP95Ms: 2820,
      errorRatio: 0.1,
      lastSeen: stamp(end - (end % 60) - 600 + 59),
      matchLabels: {
        'sls.project': project,
        'sls.logstore': 'nginx-ingress',
        'sls.ingress.route': 'default-web-80',
      },
    });
    expect(survey.routes[2]).toMatchObject({ matchLabels: null });
  });

  it('says what to do of a long route whose namespace is not known', async () => {
    const { stdout } = await routes('nginx-ingress');
    expect(stdout).toMatch(/^shop-model-serving-.* -$/m);
    expect(stdout).toContain('if it is only too long, --namespace tells its parts apart.\n');
  });

  it('looks back as far as it is told', async () => {
    expect(names(await routesJson('nginx-ingress', '--since', '8m'))).not.toContain('default-web-80');
  });

  it('has no busiest minute below the average, however the time cuts the minutes of the clock', async () => {
    const [web] = (await routesJson('steady', '--since', '1m')).routes;
    expect(web).toMatchObject({ qps: 1, peakQps: 1 });
  });

  it('shows so many at most, and says that there are more', async () => {
    const { stdout } = await routes('nginx-ingress', '--limit', '1');
    expect(stdout).toMatch(/^default-web-80 /m);
    expect(stdout).not.toMatch(/^shop-/m);
    expect(stdout).toContain('There are more routes: these 1 had the most requests (--limit).\n');
    expect(await routesJson('nginx-ingress', '--limit', '1')).toMatchObject({ isCut: true });
    for (const text of received) expect(text).toMatch(/ LIMIT 2$/);
  });

  it('takes a logstore whose name begins with alb_ for one of ALB, unless it is told otherwise', async () => {
    expect(await routesJson('alb_ingress')).toMatchObject({
      logKind: 'alb-ingress',
      routes: [{ route: 'default-tea-80', peakQps: 1, latencyP95Ms: 570 }],
    });
    const { code, stderr } = await routes('alb_ingress', '--log-kind', 'nginx-ingress');
    expect(code).toBe(1);
    expect(stderr).toMatch(/proxy_upstream_name/);
  });

  it('leaves out what the logstore has no index for', async () => {
    const survey = await routesJson('old');
    expect(survey.routes).toMatchObject([{ route: 'default-web-80', latencyP95Ms: null, errorRatio: 0.1 }]);
    expect((await routes('old')).stdout).toMatch(/^default-web-80 +0\.0333 +2 +- +10% /m);
  });

  it('says so where nothing was logged', async () => {
    const { code, stdout } = await routes('idle');
    expect([code, stdout]).toEqual([
      0,
      `No request to a backend was logged from ${stamp(end - 3600)} to ${stamp(end)}.\n`,
    ]);
  });

  it.each([
    [['--since', '25h'], '--since must be from 1m to 24h'],
    [['--limit', '1001'], '--limit must be from 1 to 1000'],
    [['--namespace', "a' OR"], `--namespace "a' OR" must be a namespace`],
    [['--route', 'a-b-80'], '--route goes with --hpa DEPLOYMENT'],
    [['--hpa', 'A_b'], '--hpa "A_b" must be the name of a Deployment'],
    [['--hpa', 'web', '--min', '5', '--max', '4'], '--min 5 must be at most --max 4'],
  ])('refuses %j in one line', async (flags, message) => {
    const { code, stdout, stderr } = await routes('nginx-ingress', ...flags);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`sls-metrics-adapter: ${message}`);
    expect(stderr.trim()).not.toContain('\n');
  });

  it('wants to know which logstore', async () => {
    const { code, stderr } = await run('--project', project);
    expect(code).toBe(2);
    expect(stderr).toContain('--logstore is missing, as in --logstore nginx-ingress');
  });
});
