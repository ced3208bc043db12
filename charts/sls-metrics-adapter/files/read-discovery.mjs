// Asks the API server for external.metrics.k8s.io, like any client in the cluster.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const { SERVICE_ACCOUNT_DIRECTORY, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, PATIENCE_SECONDS } =
  process.env;
const path = '/apis/external.metrics.k8s.io/v1beta1';

/** Right after an install, the API server may not reach the adapter yet. */
const deadlineMs = Date.now() + Number(PATIENCE_SECONDS) * 1000;

for (;;) {
  const { metrics, why } = await readMetrics();
  if (metrics?.includes('sls_ingress_qps')) {
    process.stdout.write(`${path}: ${metrics.length} metrics, such as sls_ingress_qps\n`);
    break;
  }
  if (Date.now() > deadlineMs) {
    process.stderr.write(`${path}: ${why ?? `served by another adapter: ${metrics.join(', ')}`}\n`);
    process.exitCode = 1;
    break;
  }
  await sleep(1000);
}

async function readMetrics() {
  try {
    const { statusCode, text } = await get();
    if (statusCode !== 200) return { why: `${statusCode}: ${text}` };
    return { metrics: JSON.parse(text).resources.map(({ name }) => name) };
  } catch (error) {
    return { why: error.message };
  }
}

function get() {
  const token = readFileSync(`${SERVICE_ACCOUNT_DIRECTORY}/token`, 'utf8').trim();
  const options = {
    host: KUBERNETES_SERVICE_HOST,
    port: KUBERNETES_SERVICE_PORT,
    path,
    ca: readFileSync(`${SERVICE_ACCOUNT_DIRECTORY}/ca.crt`),
    headers: { authorization: `Bearer ${token}` },
    timeout: 10_000,
  };
  return new Promise((settle, reject) => {
    const request = https.get(options, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      reply.on('end', () => settle({ statusCode: reply.statusCode, text }));
      reply.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.on('error', reject);
  });
}
