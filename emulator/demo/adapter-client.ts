import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { parseQuantity } from '../../src/grammar/quantity.ts';

/** One item of an ExternalMetricValueList. */
interface WireItem {
  readonly value: number;
  readonly windowSeconds: number;
  readonly windowEndSeconds: number;
}

/**
 * Returns the number of requests in the window of a rate. The adapter rounds a rate up by less than 0.001, which is
 * less than half a request in a window below 500 s.
 */
export const requestsIn = ({ value, windowSeconds }: WireItem): number => Math.round(value * windowSeconds);

/** An ExternalMetricValueList, or a Status. */
interface WireBody {
  readonly items?: readonly { readonly value: string; readonly window: number; readonly timestamp: string }[];
  readonly message?: string;
}

/** Reads metrics as the HPA controller does: over TLS, by path. */
export class AdapterClient {
  readonly #url: string;
  readonly #agent: https.Agent;

  private constructor(url: string, ca: string) {
    this.#url = url;
    this.#agent = new https.Agent({ keepAlive: true, ca });
  }

  static async connect(url: string, certificateFile: string): Promise<AdapterClient> {
    return new AdapterClient(url, await readFile(certificateFile, 'utf8'));
  }

  /** Throws an Error with the message of the Status, if that is the answer. */
  async read(path: string): Promise<WireItem> {
    const { statusCode, text } = await this.#get(path);
    const body = JSON.parse(text) as WireBody;
    const [item] = body.items ?? [];
    if (statusCode !== 200 || item === undefined) throw new Error(body.message ?? `HTTP ${statusCode}`);
    return {
      value: parseQuantity(item.value),
      windowSeconds: item.window,
      windowEndSeconds: Date.parse(item.timestamp) / 1000,
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  #get(path: string): Promise<{ statusCode: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = https.get(new URL(path, this.#url), { agent: this.#agent }, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('error', reject);
        reply.on('end', () =>
          resolve({ statusCode: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      request.on('error', reject);
    });
  }
}
