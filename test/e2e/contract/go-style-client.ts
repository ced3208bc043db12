import { createHash, createHmac } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';

export interface GoStyleOptions {
  /** `http://host:port`. The project is only in the Host header. */
  readonly url: string;
  readonly project: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
  /** First word of `Authorization`. Default: LOG. */
  readonly authorizationWord?: 'LOG' | 'SLS';
}

interface GoStyleReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface GetLogsParameters {
  readonly from: number;
  readonly to: number;
  readonly query: string;
}

/**
 * A client that uses SLS as aliyun-log-go-sdk does: signature v1 with HMAC-SHA1, GetLogs over GET, and PutLogs with a
 * given body. It shares no code with the adapter or the emulator.
 */
export class GoStyleClient {
  readonly #options: GoStyleOptions;

  constructor(options: GoStyleOptions) {
    this.#options = options;
  }

  async getLogs(logstore: string, { from, to, query }: GetLogsParameters): Promise<GoStyleReply> {
    const values = { type: 'log', from, to, topic: '', line: 100, offset: 0, reverse: false, query };
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) parameters.set(name, String(value));
    parameters.sort();
    // Go's transport adds `Accept-Encoding: gzip`, and decompresses only a reply with `Content-Encoding: gzip`.
    return this.send('GET', `/logstores/${logstore}`, {
      parameters,
      headers: {
        'x-log-bodyrawsize': '0',
        'Content-Type': 'application/json',
        'Accept-Encoding': 'gzip',
      },
    });
  }

  async putLogs(
    logstore: string,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<GoStyleReply> {
    return this.send('POST', `/logstores/${logstore}`, { headers, body });
  }

  async send(
    method: string,
    path: string,
    {
      parameters = new URLSearchParams(),
      headers = {},
      body,
    }: { parameters?: URLSearchParams; headers?: Readonly<Record<string, string>>; body?: Buffer },
  ): Promise<GoStyleReply> {
    const { url, project, securityToken } = this.#options;
    const all: Record<string, string> = {
      ...headers,
      Host: `${project}.cn-hangzhou.log.aliyuncs.com`,
      Date: new Date().toUTCString(),
      'x-log-apiversion': '0.6.0',
      'x-log-signaturemethod': 'hmac-sha1',
      ...(securityToken !== undefined && { 'x-acs-security-token': securityToken }),
      ...(body && { 'Content-MD5': createHash('md5').update(body).digest('hex').toUpperCase() }),
    };
    all['Authorization'] = this.#sign(method, path, parameters, all);
    const query = parameters.size > 0 ? `?${parameters.toString()}` : '';
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { hostname, port, method, path: `${path}${query}`, headers: all },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  #sign(method: string, path: string, parameters: URLSearchParams, headers: Record<string, string>): string {
    const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]));
    const own = [...lower]
      .filter(([name]) => /^x-(log|acs)-/.test(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const query = [...parameters].map(([name, value]) => `${name}=${value}`).join('&');
    const text = [
      method,
      lower.get('content-md5') ?? '',
      lower.get('content-type') ?? '',
      lower.get('date') ?? '',
      ...own.map(([name, value]) => `${name}:${value}`),
      query === '' ? path : `${path}?${query}`,
    ].join('\n');
    const signature = createHmac('sha1', this.#options.accessKeySecret).update(text).digest('base64');
    return `${this.#options.authorizationWord ?? 'LOG'} ${this.#options.accessKeyId}:${signature}`;
  }
}
