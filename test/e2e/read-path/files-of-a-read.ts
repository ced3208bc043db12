import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { Session } from 'node:inspector/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { ready, startCluster, type TestCluster } from '../../support/cluster.ts';
import { waitFor } from '../../support/wait-for.ts';

/**
 * Prints which files of `src/` a read passes, as JSON: `{ "warm": [...], "cold": [...] }`. A file counts when one of its
 * functions runs between the request and its answer, by V8's own coverage. The reads come as the HPA controller's do:
 * through the front proxy, with authorisation. Work in the background runs now and then, so a file counts only when it
 * ran in each of several reads.
 */
const sourceRoot = resolve(import.meta.dirname, '../../../src');

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
// A configured delay, so that no probe of the delay runs amid a read.
const cluster = await startCluster({ file: 'reading: { delaySeconds: 10 }' });
await waitFor(() => ready(cluster));
cluster.apiServer.decide = () => true;
const read = await readerOf(cluster);
await read(15);
await read(15);
const cold = await filesOfEach(3, (index) => read(20 + index));
const warm = await filesOfEach(5, () => read(15));
console.log(JSON.stringify({ warm, cold }, undefined, 1));
await cluster[Symbol.asyncDispose]();
session.disconnect();
process.exitCode = 0;

async function readerOf({ proxyCa, adapter }: TestCluster) {
  const pair = await proxyCa.issue({ cn: 'front-proxy-client' });
  const headers = {
    'x-remote-user': 'hpa-controller',
    'x-remote-group': 'system:authenticated',
    accept: 'application/vnd.kubernetes.protobuf, */*',
  };
  const ca = await readFile(adapter.certificateFile, 'utf8');
  // One kept connection, as kube-apiserver has it.
  const agent = new https.Agent({ ca, cert: pair.certificate, key: pair.key, keepAlive: true });
  return async (intervalSeconds: number) => {
    const selector = selectorOf({
      'sls.project': project,
      'sls.logstore': logstore,
      'sls.ingress.route': 'default-web-80',
      'sls.query.interval': String(intervalSeconds),
    });
    const path = readPath('sls_ingress_qps', selector);
    const reply = await adapter.request(path, { agent, headers });
    if (reply.statusCode !== 200) throw new Error(reply.text);
  };
}

async function filesOfEach(times: number, run: (index: number) => Promise<void>): Promise<string[]> {
  const counts = new Map<string, number>();
  for (let index = 0; index < times; index++) {
    await filesRun();
    await run(index);
    for (const file of await filesRun()) counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts].flatMap(([file, count]) => (count === times ? [file] : [])).sort();
}

/** The files of which a function ran since this was last called. */
async function filesRun(): Promise<string[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ran = result.filter(
    ({ url, functions }) =>
      url.startsWith('file://') && functions.some(({ ranges: [range] }) => (range?.count ?? 0) > 0),
  );
  return ran
    .map(({ url }) => relative(sourceRoot, fileURLToPath(url)))
    .filter((file) => !file.startsWith('..'));
}
