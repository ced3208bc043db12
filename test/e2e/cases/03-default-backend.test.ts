import { afterAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../../emulator/emulator.ts';
import { accessLine, ackRecord, type AccessLine } from '../../../emulator/traffic/access-line.ts';
import { answeredByErrorPage, retried, servedByDefaultBackend } from '../../../emulator/traffic/oddities.ts';
import { examine } from '../../../src/doctor/examine.ts';
import { createEventLog } from '../../../src/telemetry/event-log.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { fakeIo } from '../../support/fake-io.ts';

/** SLS ends at this second. The clock stands still. */
const nowSeconds = Math.floor(Date.now() / 1000);
const clock = { now: () => nowSeconds * 1000 };
const project = 'k8s-log-c1';
const logstore = 'nginx-ingress';

/** Lines of 60 s, `perSecond` in each. */
const lines = (fields: Partial<AccessLine>, perSecond: number) =>
  Array.from({ length: 60 * perSecond }, (_, n) =>
    accessLine({ ...fields, atSeconds: nowSeconds - 12 - (n % 60) }),
  );

const web = { upstreamName: 'default-web-80', host: 'web.example.org' };
const shop = {
  upstreamName: 'default-shop-80',
  host: 'shop.example.org',
  attempts: [{ addr: '10.8.0.12:8080', length: '612', time: '0.119', status: '200' }],
};
const records = [
  // custom-http-errors 503: of 10 requests/s, the pods fail 7, one of these on two pods.
  ...lines(web, 3),
  ...lines({ ...web, status: '503' }, 6).map((line) => answeredByErrorPage(line)),
  ...lines({ ...web, status: '503' }, 1).map((line) => answeredByErrorPage(retried(line))),
  // The annotation default-backend: the service lost its pods within the last minute.
  ...lines(shop, 1),
  ...lines(shop, 9).map((line) => servedByDefaultBackend(line, 'custom-default-backend-default-errors')),
  // Hosts and paths that no Ingress has.
  ...lines({ host: 'scanner.example.org' }, 2).map((line) =>
    servedByDefaultBackend(line, 'upstream-default-backend', '404'),
  ),
].map(ackRecord);

const emulator = await startEmulator({ logstores: [{ project, logstore }], clock });
await emulator.sink(project, logstore).append(records);
afterAll(() => emulator.stop());

async function run(...argv: readonly string[]): Promise<string> {
  const fake = fakeIo(undefined, clock);
  await runProgram([...argv, '--sls-endpoint', emulator.url], fake.io);
  expect(fake.stderr()).toBe('');
  return fake.stdout();
}

const where = `sls.project=${project},sls.logstore=${logstore},sls.query.delay=12`;

async function query(metric: string, selector: string): Promise<string | undefined> {
  const text = await run('query', metric, '--selector', `${where},${selector}`, '-o', 'json');
  const { items } = JSON.parse(text) as { readonly items: readonly { readonly value: string }[] };
  return items[0]?.value;
}

describe('requests that a default backend answers', () => {
  it('count for no route, and for their host', async () => {
    expect(await query('sls_ingress_qps', 'sls.ingress.route=default-web-80')).toBe('3');
    expect(await query('sls_ingress_error_ratio', 'sls.ingress.route=default-web-80')).toBe('0');
    expect(await query('sls_ingress_qps', 'sls.ingress.host=web.example.org')).toBe('10');
    expect(await query('sls_ingress_error_ratio', 'sls.ingress.host=web.example.org')).toBe('700m');
    expect(await query('sls_ingress_qps', 'sls.ingress.host=shop.example.org')).toBe('10');
    expect(
      await query('sls_ingress_status_qps', 'sls.ingress.host=shop.example.org,sls.ingress.status=5xx'),
    ).toBe('9');
  });

  const shopText =
    'shop.example.org: 540 requests (540 with a 5xx) were answered by a default backend; the host also serves default-shop-80';
  const webText =
    'web.example.org: 420 requests (420 with a 5xx) were answered by a default backend; pods of default-web-80 had failed them';

  it('are shown by doctor, with the host as the way out', async () => {
    const selector = `${where},sls.ingress.route=default-web-80`;
    const flags = { slsEndpoint: emulator.url };
    const dependencies = {
      ...fakeIo(undefined, clock).io,
      observer: createEventLog(createLogger('silent')),
      pause: () => Promise.resolve(),
    };
    const signal = new AbortController().signal;
    const checks = await examine(
      { selector, namespace: 'default', flags },
      dependencies,
      signal,
      () => undefined,
    );
    const check = checks.find((one) => one.check === 'default-backend');
    expect(check).toMatchObject({
      status: 'warn',
      found: `within the last hour, ${shopText}\nwithin the last hour, ${webText}`,
      write: 'sls.ingress.host: shop.example.org',
    });
    expect(check?.found).not.toContain('scanner');
  });

  it('are shown by routes, and in the HPA that it prints', async () => {
    const flags = ['routes', '--project', project, '--logstore', logstore, '--since', '2m'];
    const table = await run(...flags);
    expect(table).toContain(`\n${shopText}.\n`);
    expect(table).toContain(
      '\nNo route counts these requests, so the routes that failed have too few requests',
    );
    expect(JSON.parse(await run(...flags, '-o', 'json'))).toMatchObject({
      defaultBackends: [
        {
          host: 'shop.example.org',
          requests: expect.any(Number) as number,
          routes: ['default-shop-80'],
          isByPod: false,
        },
        { host: 'web.example.org', routes: ['default-web-80'], isByPod: true },
      ],
    });
    const manifest = await run(...flags, '--hpa', 'web', '--route', 'default-web-80');
    expect(manifest).toContain(`# ${webText}:\n# the route counts none of these.`);
  });
});
