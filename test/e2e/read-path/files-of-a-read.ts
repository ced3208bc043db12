import { Session } from 'node:inspector/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { ready, startCluster } from '../../support/cluster.ts';
import { waitFor } from '../../support/wait-for.ts';

const source = resolve(import.meta.dirname, '../../../src');

/** The files of `src/` of which a function ran since coverage was last taken. */
async function filesRun(session: Session): Promise<Set<string>> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ran = result
    .filter(({ url }) => url.startsWith('file://'))
    .filter(({ functions }) =>
      functions.some(({ functionName, ranges, isBlockCoverage }) => {
        void isBlockCoverage;
        return ranges[0] !== undefined && ranges[0].count > 0 && !(functionName === '' && ranges[0].startOffset === 0);
      }),
    )
    .map(({ url }) => relative(source, fileURLToPath(url)))
    .filter((name) => !name.startsWith('..'));
  return new Set(ran);
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
const cluster = await startCluster();
await waitFor(() => ready(cluster));
cluster.apiServer.decide = () => true;
const pair = await cluster.proxyCa.issue({ cn: 'front-proxy-client' });
const headers = { 'x-remote-user': 'hpa-controller', 'x-remote-group': 'system:authenticated' };
const read = async (interval: number) => {
  const path = readPath(
    'sls_ingress_qps',
    selectorOf({ 'sls.project': project, 'sls.logstore': logstore, 'sls.query.interval': String(interval), 'sls.ingress.route': 'default-web-80' }),
  );
  const reply = await cluster.request({ path, pair, headers });
  if (reply.statusCode !== 200) throw new Error(reply.text);
};
const least = async (times: number, run: (index: number) => Promise<void>) => {
  let all: Set<string> | undefined;
  for (let index = 0; index < times; index++) {
    await filesRun(session);
    await run(index);
    const files = await filesRun(session);
    all = all === undefined ? files : all.intersection(files);
  }
  return [...(all ?? [])].sort();
};
await read(15);
await read(15);
const cold = await least(3, (index) => read(20 + index));
const warm = await least(5, () => read(15));
console.log('cold', cold.length, cold.join(' '));
console.log('warm', warm.length, warm.join(' '));
await cluster[Symbol.asyncDispose]();
session.disconnect();
