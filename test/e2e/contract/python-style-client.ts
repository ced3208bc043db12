import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';

interface PythonStyleOptions {
  /** `http://host:port`. The project is only in the Host header. */
  readonly url: string;
  readonly project: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly auth: 'v1' | 'v4';
}

export interface PythonStyleReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Sent {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const region = 'cn-hangzhou';

/**
 * Sends requests as aliyun-log-python-sdk 0.9.47 does (`aliyun/log/auth.py`, `logclient.py`): signature v1 with a copy
 * of `Date` in `x-log-date` that is not signed, or v4; no `x-log-meta-…` is signed; `Accept-Encoding: gzip, deflate`
 * of the requests library, which decompresses only what `Content-Encoding` names. It shares no code with the adapter or
 * the emulator.
 */
export class PythonStyleClient {
  readonly #options: PythonStyleOptions;

  constructor(options: PythonStyleOptions) {
    this.#options = options;
  }

  async send(method: string, path: string, sent: Sent = {}): Promise<PythonStyleReply> {
    const { parameters = {}, body } = sent;
    const headers: Record<string, string> = {
      'Accept-Encoding': 'gzip, deflate',
      ...sent.headers,
      'Content-Length': String(body?.length ?? 0),
      'x-log-apiversion': '0.6.0',
      Host: `${this.#options.project}.${region}.log.aliyuncs.com`,
      'x-log-meta-trace': 'not signed',
      ...(!body && { 'x-log-bodyrawsize': '0' }),
    };
    if (this.#options.auth === 'v1') this.#signV1(method, path, parameters, headers, body);
    else this.#signV4(method, path, parameters, headers, body);
    const query = new URLSearchParams(parameters).toString();
    const { hostname, port } = new URL(this.#options.url);
    return new Promise((resolve, reject) => {
      const options = { hostname, port, method, path: query === '' ? path : `${path}?${query}`, headers };
      const outgoing = request(options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers as Record<string, string>,
            body: Buffer.concat(chunks),
          }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  #signV1(
    method: string,
    path: string,
    parameters: Sent['parameters'],
    headers: Record<string, string>,
    body?: Buffer,
  ) {
    const date = new Date().toUTCString();
    headers['x-log-signaturemethod'] = 'hmac-sha1';
    headers['Date'] = date;
    if (body) headers['Content-MD5'] = createHash('md5').update(body).digest('hex').toUpperCase();
    const pairs = Object.entries(parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const query = pairs.map(([name, value]) => `${name}=${value}`).join('&');
    const text =
      `${method}\n${headers['Content-MD5'] ?? ''}\n${headers['Content-Type'] ?? ''}\n${date}\n` +
      signed(headers, false)
        .map(([name, value]) => `${name}:${value}\n`)
        .join('') +
      (query === '' ? path : `${path}?${query}`);
    const { accessKeyId, accessKeySecret } = this.#options;
    const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64');
    headers['Authorization'] = `LOG ${accessKeyId}:${signature}`;
    headers['x-log-date'] = date;
  }

  #signV4(
    method: string,
    path: string,
    parameters: Sent['parameters'],
    headers: Record<string, string>,
    body?: Buffer,
  ) {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const date = time.slice(0, 8);
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    headers['x-log-content-sha256'] = digest;
    headers['x-log-date'] = time;
    const pairs = Object.entries(parameters ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const query = pairs.map(([name, value]) => (value === '' ? name : `${name}=${quote(value)}`)).join('&');
    const lines = signed(headers, true);
    const canonical =
      `${method}\n${path}\n${query}\n${lines.map(([name, value]) => `${name}:${value.trim()}\n`).join('')}\n` +
      `${lines.map(([name]) => name).join(';')}\n${digest}`;
    const scope = `${date}/${region}/sls/aliyun_v4_request`;
    const text = `SLS4-HMAC-SHA256\n${time}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`;
    let key: string | Buffer = `aliyun_v4${this.#options.accessKeySecret}`;
    for (const part of [date, region, 'sls', 'aliyun_v4_request', text])
      key = createHmac('sha256', key).update(part).digest();
    headers['Authorization'] =
      `SLS4-HMAC-SHA256 Credential=${this.#options.accessKeyId}/${scope},Signature=${(key as Buffer).toString('hex')}`;
  }
}

function signed(headers: Readonly<Record<string, string>>, isV4: boolean): [string, string][] {
  const lower = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const covered = (name: string) =>
    (/^x-(log|acs)-/.test(name) && !name.startsWith('x-log-meta-')) ||
    (isV4 && (name === 'host' || name === 'content-type'));
  return lower.filter(([name]) => covered(name)).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `urllib.parse.quote(text, safe='~')` */
const quote = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
