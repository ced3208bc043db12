import { expect, it } from 'vitest';
import { FoldedFailures } from '../../src/telemetry/folded-failures.ts';
import { createKubeLog } from '../../src/telemetry/kube-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

function recordingLog() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const logger = createLogger('info', {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { lines, log: createKubeLog(logger, new FoldedFailures()) };
}

it('says which rule to grant where HPAs may not be read', () => {
  const { lines, log } = recordingLog();
  log.autoscalersOff({
    namespace: 'shop',
    reason: 'forbidden',
    message: 'GET … answered 403',
    retryInMs: 20_000,
  });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      namespace: 'shop',
      message: 'GET … answered 403',
      msg:
        'HPAs are not watched; grant get, list and watch on horizontalpodautoscalers of group autoscaling ' +
        'to keep fresh what they name',
    },
  ]);
});

it('says where the cluster serves HPAs in no version that is read, and when they are watched', () => {
  const { lines, log } = recordingLog();
  log.autoscalersOff({ namespace: undefined, reason: 'unserved', message: 'no version', retryInMs: 20_000 });
  log.autoscalersOn({ namespace: undefined, version: 'v2', withExternalMetrics: 3 });
  expect(lines).toMatchObject([
    { level: 'warn', msg: expect.stringContaining('neither autoscaling/v2 nor v2beta2') as string },
    { level: 'info', version: 'v2', withExternalMetrics: 3 },
  ]);
});
