import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../../emulator/emulator.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { spanText } from '../../../src/cli/time-text.ts';
import { kubernetesFaults } from '../../charts/support/kubernetes-check.ts';
import { replay, writeFiles } from '../../cli/replay/hpa-files.ts';
import { fakeIo } from '../../support/fake-io.ts';
import type { KubernetesObject } from '../../support/manifests.ts';
import { seeded } from '../../support/seeded.ts';

const [project, logstore] = ['k8s-log-c1', 'nginx-ingress'];
const nowSeconds = Math.floor(Date.now() / 1000);
const clock = { now: () => nowSeconds * 1000 };
const emulator = await startEmulator({
  ...{ logstores: [{ project, logstore }], clock },
  retentionSeconds: 8 * 3600,
});
afterAll(() => emulator.stop());

/** Seven hours at a rate that jumps. */
function records() {
  const random = seeded(5);
  let rate = 4;
  return Array.from({ length: 7 * 3600 }, (_, ago) => {
    if (random() < 0.004) rate = random() * 8;
    const line = {
      timeSeconds: nowSeconds - ago,
      fields: { proxy_upstream_name: 'default-web-80', status: '200' },
    };
    return new Array<typeof line>(Math.round(rate * 2 * random())).fill(line);
  }).flat();
}

describe('routes --hpa with hours of log', () => {
  it('prints the best of many settings, with the figures that its replay has', async () => {
    await emulator.sink(project, logstore).append(records());
    const where = ['--project', project, '--logstore', logstore, '--sls-endpoint', emulator.url];
    const { io, stdout, stderr } = fakeIo(undefined, clock);
    expect(await runProgram(['routes', ...where, '--hpa', 'web'], io)).toBe(0);
    expect(stderr()).toBe('');
    const manifest = parse(stdout()) as KubernetesObject;
    expect(kubernetesFaults([manifest])).toEqual([]);
    const said =
      /^# The best of \d+ settings, replayed from \S+ to \S+: (\S+) of overload for (\S+) pod-hours,\n# where one for slow starts with that target has (\S+) of overload for (\S+) pod-hours\. A pod is taken to answer\n# (\S+) requests/m
        .exec(stdout())
        ?.slice(1);
    const [overload = '', podHours = '', before = '', podHoursBefore = '', capacity = ''] = said ?? [];
    const [hpa = ''] = await writeFiles(['hpa.yaml', stdout()]);
    const flags = [
      '--hpa',
      hpa,
      '--last',
      '6h',
      '--kube-version',
      '1.34',
      '--capacity',
      capacity,
      '-o',
      'json',
    ];
    const again = await replay([...flags, ...where], clock);
    expect(again.stderr).toBe('');
    const [run] = again.json().runs;
    expect(Number(podHoursBefore)).toBeGreaterThanOrEqual(Number(podHours));
    expect(before).not.toBe(overload);
    expect([spanText(run?.overloadedSeconds ?? -1), run?.podHours.toFixed(1)]).toEqual([overload, podHours]);
  });
});
