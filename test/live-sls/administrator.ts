import { createRequire } from 'node:module';
import type { Credentials } from '../../src/sls/credentials/credentials.ts';
import type { Endpoint } from '../../src/sls/endpoint.ts';

export interface LineToWrite {
  readonly timeSeconds: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** The calls of SLS that make, fill and delete a logstore. Each rejects with the error of SLS, which has its `code`. */
export interface Administrator {
  createLogstore(project: string, logstore: string): Promise<void>;
  createIndex(project: string, logstore: string, index: object): Promise<void>;
  write(project: string, logstore: string, lines: readonly LineToWrite[]): Promise<void>;
  deleteLogstore(project: string, logstore: string): Promise<void>;
}

/** The part of `@alicloud/log` that is called here. The package has no types. */
interface NodeSdk {
  createLogStore(project: string, logstore: string, of: object, http: HttpOptions): Promise<unknown>;
  createIndex(project: string, logstore: string, index: object, http: HttpOptions): Promise<unknown>;
  postLogStoreLogs(project: string, logstore: string, group: object, http: HttpOptions): Promise<unknown>;
  deleteLogStore(project: string, logstore: string, http: HttpOptions): Promise<unknown>;
}

interface HttpOptions {
  readonly timeout: number;
}

const http: HttpOptions = { timeout: 15_000 };

/**
 * Calls SLS with `@alicloud/log`: the SDK of the adapter cannot write lines.
 *
 * @param endpoint reached at `{project}.{host}`
 */
export function createAdministrator(
  endpoint: Pick<Endpoint, 'url'>,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
): Administrator {
  const Sdk = createRequire(import.meta.url)('@alicloud/log') as new (config: object) => NodeSdk;
  const sdk = new Sdk({
    endpoint: endpoint.url,
    accessKeyId,
    accessKeySecret,
    securityToken,
  });
  return {
    createLogstore: async (project, logstore) => {
      // The shortest time that SLS keeps lines, in days.
      await sdk.createLogStore(project, logstore, { ttl: 1, shardCount: 1 }, http);
    },
    createIndex: async (project, logstore, index) => {
      await sdk.createIndex(project, logstore, index, http);
    },
    write: async (project, logstore, lines) => {
      const logs = lines.map(({ timeSeconds, fields }) => ({ timestamp: timeSeconds, content: fields }));
      await sdk.postLogStoreLogs(project, logstore, { logs, topic: '', source: '127.0.0.1' }, http);
    },
    deleteLogstore: async (project, logstore) => {
      await sdk.deleteLogStore(project, logstore, http);
    },
  };
}

/** Returns the `code` of an error of SLS, such as `LogStoreNotExist`. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
