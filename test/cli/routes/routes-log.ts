import { runProgram } from '../../../src/cli/program.ts';
import { startEmulator } from '../../../emulator/emulator.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import {
  albIngressIndex,
  envoyGatewayIndex,
  mseIngressIndex,
  nginxIngressIndex,
  type FieldType,
} from '../../../emulator/store/index-config.ts';
import { accessLine } from '../../../emulator/traffic/access-line.ts';
import { kindOfLine } from '../../../emulator/traffic/line-kinds.ts';
import { fakeIo } from '../../support/fake-io.ts';

export const project = 'k8s-log-c1';
export const longRoute = `shop-${'model-serving-'.repeat(4)}v1-8501`;

/** Returns lines of one route: `count` in the minute that starts `minutesAgo` before the minute of `endSeconds`. */
function lines(
  endSeconds: number,
  route: string,
  count: number,
  minutesAgo: number,
  column = 'proxy_upstream_name',
): LogRecord[] {
  const minute = endSeconds - (endSeconds % 60) - minutesAgo * 60;
  return Array.from({ length: count }, (_, n) => ({
    timeSeconds: minute + (n % 60),
    fields: {
      [column]: route,
      status: n % 10 === 0 ? '502' : '200',
      request_time: ((n + 1) / 100).toFixed(2),
    },
  }));
}

/** Starts an SLS with an hour of traffic in several logstores, and returns functions that run `routes` against it. */
export async function startRoutesLog() {
  // The SDK signs with the system's clock. Everything else uses this clock, which stands still.
  const nowSeconds = Math.floor(Date.now() / 1000);
  const clock = { now: () => nowSeconds * 1000 + 400 };
  const end = nowSeconds - 10;
  const { ...fields } = nginxIngressIndex.fields as Record<string, FieldType>;
  delete fields['proxy_alternative_upstream_name'];
  delete fields['request_time'];
  const emulator = await startEmulator({
    logstores: [
      { project, logstore: 'nginx-ingress' },
      { project, logstore: 'old', index: { fields } },
      { project, logstore: 'alb_ingress', index: albIngressIndex },
      { project, logstore: 'mse', index: mseIngressIndex },
      { project, logstore: 'envoy', index: envoyGatewayIndex },
      { project, logstore: 'idle' },
      { project, logstore: 'steady' },
      { project, logstore: 'young' },
    ],
    clock,
    retentionSeconds: 7 * 3600,
  });
  const canary = lines(end, 'shop-web-80', 30, 5).map((line) => ({
    ...line,
    fields: { ...line.fields, proxy_alternative_upstream_name: 'shop-canary-80' },
  }));
  for (const [logstore, kind] of [
    ['mse', 'mse-ingress'],
    ['envoy', 'envoy-gateway'],
  ] as const) {
    const record = kindOfLine[kind].record(accessLine({ atSeconds: end - 300 }));
    await emulator.sink(project, logstore).append(Array.from({ length: 60 }, () => record));
  }
  await emulator
    .sink(project, 'nginx-ingress')
    .append([
      ...lines(end, 'default-web-80', 60, 30),
      ...lines(end, 'default-web-80', 300, 10),
      ...lines(end, 'shop-web-80', 120, 5),
      ...canary,
      ...lines(end, longRoute, 60, 2),
      ...lines(end, 'internal', 5, 3),
      ...lines(end, '-', 10, 3),
      ...lines(end, '', 10, 3),
    ]);
  // One line a second, across a change of minute.
  await emulator.sink(project, 'steady').append(
    Array.from({ length: 120 }, (_, age) => ({
      timeSeconds: end - 1 - age,
      fields: { proxy_upstream_name: 'default-web-80' },
    })),
  );
  // The log is older than the route.
  await emulator
    .sink(project, 'young')
    .append([...lines(end, 'default-web-80', 120, 20), ...lines(end, 'other', 5, 358)]);
  await emulator.sink(project, 'old').append(lines(end, 'default-web-80', 120, 4));
  await emulator.sink(project, 'alb_ingress').append(lines(end, 'default-tea-80', 60, 4, 'slb_pool_name'));
  const run = async (...argv: readonly string[]) => {
    const fake = fakeIo(undefined, clock);
    const code = await runProgram(['routes', '--sls-endpoint', emulator.url, ...argv], fake.io);
    return { code, stdout: fake.stdout(), stderr: fake.stderr() };
  };
  return {
    /** End of the surveyed window, Unix seconds. */
    endSeconds: end,
    run,
    routes: (logstore: string, ...flags: readonly string[]) =>
      run('--project', project, '--logstore', logstore, ...flags),
    stop: () => emulator.stop(),
  };
}
