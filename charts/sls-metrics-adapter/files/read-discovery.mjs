// Asks the API server for external.metrics.k8s.io, like any client in the cluster, and reads METRIC if that is set.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const { SERVICE_ACCOUNT_DIRECTORY, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, PATIENCE_SECONDS } =
  process.env;
const { METRIC, SELECTOR = '', NAMESPACE } = process.env;
const path = '/apis/external.metrics.k8s.io/v1beta1';

/** Right after an install, the API server may not reach the adapter yet. */
const deadlineMs = Date.now() + Number(PATIENCE_SECONDS) * 1000;

for (;;) {
  const { found, why } = await check();
  if (found !== undefined) {
    process.stdout.write(`${found}\n`);
    break;
  }
  if (Date.now() > deadlineMs) {
    process.stderr.write(`${why}\n`);
    process.exitCode = 1;
    break;
  }
  await sleep(1000);
}

/** Returns what was found, or why not. */
async function check() {
  try {
    const metrics = (await get(path)).resources.map(({ name }) => name);
    if (!metrics.includes('sls_ingress_qps'))
      return { why: `${path}: served by another adapter: ${metrics.join(', ')}` };
    const found = `${path}: ${metrics.length} metrics, such as sls_ingress_qps`;
    if (METRIC === undefined) return { found };
    const query = `labelSelector=${encodeURIComponent(SELECTOR)}`;
    const { items } = await get(`${path}/namespaces/${NAMESPACE}/${METRIC}?${query}`);
    return { found: `${found}\n${METRIC}: ${items.map(({ value }) => value).join(', ')}` };
  } catch (error) {
    return { why: error.message };
  }
}

/** Returns the JSON at a path of the API server. */
async function get(target) {
  const { statusCode, text } = await request(target);
  if (statusCode !== 200) throw new Error(`${target}: ${statusCode}: ${text}`);
  return JSON.parse(text);
}

function request(target) {
  const token = readFileSync(`${SERVICE_ACCOUNT_DIRECTORY}/token`, 'utf8').trim();
  const options = {
    host: KUBERNETES_SERVICE_HOST,
    port: KUBERNETES_SERVICE_PORT,
    path: target,
    ca: readFileSync(`${SERVICE_ACCOUNT_DIRECTORY}/ca.crt`),
    headers: { authorization: `Bearer ${token}` },
    timeout: 10_000,
  };
  return new Promise((settle, reject) => {
    const sent = https.get(options, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      reply.on('end', () => settle({ statusCode: reply.statusCode, text }));
      reply.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 10 s')));
    sent.on('error', reject);
  });
}
