import https from 'node:https';

/**
 * Reads a number as KEDA's scaler metrics-api does (pkg/scalers/metrics_api_scaler.go): GET, nothing but 200, the body by
 * GJSON, where a string is a Quantity. It knows of GJSON what `items.0.value` needs.
 *
 * @throws Error with KEDA's words
 */
export async function readMetricsApi(
  url: string,
  valueLocation: string,
  options: https.RequestOptions,
): Promise<number> {
  const { statusCode, text } = await get(url, options);
  if (statusCode !== 200) throw new Error(`${url}: api returned ${statusCode}`);
  let found: unknown = JSON.parse(text);
  for (const part of valueLocation.split('.'))
    found = (found as Readonly<Record<string, unknown>> | undefined)?.[part];
  if (typeof found === 'number') return found;
  if (typeof found !== 'string')
    throw new Error(
      `valueLocation must point to value of type number or a string representing a Quantity got: ${text}`,
    );
  return quantityOf(found);
}

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
};

/** The canonical form alone: what Kubernetes prints. */
function quantityOf(text: string): number {
  const [, digits, suffix = ''] = /^(\d+)([numkMGTP]?)$/.exec(text) ?? [];
  const factor = factors[suffix];
  if (digits === undefined || factor === undefined) throw new Error(`unable to parse ${text} as a Quantity`);
  return factor < 1 ? Number(digits) / Math.round(1 / factor) : Number(digits) * factor;
}

function get(url: string, options: https.RequestOptions): Promise<{ statusCode: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method: 'GET', ...options }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      reply.on('error', reject).on('end', () => resolve({ statusCode: reply.statusCode ?? 0, text }));
    });
    request.on('error', reject).end();
  });
}
