import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { logstore, project } from '../../support/adapter.ts';
import { fakeIo } from '../../support/fake-io.ts';
import { TestClock } from '../../support/test-clock.ts';

const clock = new TestClock();
let emulator: Emulator;

/** Returns lines of one route: `count` in one minute, half an hour ago. */
const minuteOf = (route: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    timeSeconds: clock.nowSeconds - 1800 - (clock.nowSeconds % 60) + (n % 60),
    fields: { status: '200', proxy_upstream_name: route, proxy_alternative_upstream_name: '' },
  }));

beforeAll(async () => {
  const logstores = [{ project, logstore }];
  emulator = await startEmulator({ logstores, clock });
  const everyTenMinutes = Array.from({ length: 6 }, (_, n) => ({
    timeSeconds: clock.nowSeconds - 60 - 600 * n,
    fields: { status: '200', proxy_upstream_name: 'default-rare-80', proxy_alternative_upstream_name: '' },
  }));
  await emulator
    .sink(project, logstore)
    .append([
      ...minuteOf('default-once-80', 1),
      ...minuteOf('default-few-80', 5),
      ...minuteOf('default-most-80', 31),
      ...minuteOf('default-enough-80', 32),
      ...everyTenMinutes,
    ]);
});
afterAll(() => emulator.stop());

async function hpaOf(name: string, ...flags: readonly string[]) {
  const fake = fakeIo(undefined, clock);
  const where = ['--sls-endpoint', emulator.url, '--project', project, '--logstore', logstore];
  const argv = ['routes', ...where, '--hpa', name, '--route', `default-${name}-80`, ...flags];
  return { code: await runProgram(argv, fake.io), stdout: fake.stdout(), stderr: fake.stderr() };
}

it.each([
  ['once', 1, '10', 32],
  ['few', 5, '10', 32],
  ['most', 31, '10', 32],
  ['rare', 1, '2', 30],
  ['enough', 32, '1000', 3200],
])(
  'no target is suggested from too few requests: %s, %i a minute, --max %s',
  async (name, count, max, least) => {
    const { code, stdout, stderr } = await hpaOf(name, '--max', max);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        `route default-${name}-80 had ${count} requests? in its busiest minute .* needs at least ${least}, `,
      ),
    );
  },
);

it('a target from enough requests asks for one replica at most if one request comes', async () => {
  const { code, stdout } = await hpaOf('enough', '--max', '10');
  expect(code).toBe(0);
  const { spec } = parse(stdout) as { spec: { metrics: { external: { target: object } }[] } };
  // One request in a window of 15 s reads 67m.
  expect(spec.metrics[0]?.external.target).toEqual({ type: 'AverageValue', averageValue: '67m' });
});
