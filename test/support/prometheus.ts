import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from './ports.ts';
import { waitFor } from './wait-for.ts';

/** A private Prometheus. */
interface Prometheus extends AsyncDisposable {
  /** Returns the values of an instant query, as text and without NaN. */
  query(promql: string): Promise<string[]>;
  /** Returns the targets that cannot be scraped, with the reason. */
  troubles(): Promise<string[]>;
}

/**
 * Starts Prometheus on a free port of loopback, with its data in its own directory.
 *
 * @param config the content of its configuration file
 * @throws Error with its log if it does not start
 */
export async function startPrometheus(config: object): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, stringify(config));
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exit = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exit;
    await rm(directory, { recursive: true, force: true });
  };
  const ask = async (path: string): Promise<unknown> => {
    const reply = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { status, data, error } = (await reply.json()) as Record<'status' | 'data' | 'error', unknown>;
    if (status !== 'success') throw new Error(`${path}: ${String(error)}`);
    return data;
  };
  try {
    await waitFor(() => {
      if (child.exitCode !== null) throw new Error(log);
      return ask('query?query=vector(1)').then(
        () => true,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    query: async (promql) => {
      const data = await ask(`query?query=${encodeURIComponent(promql)}`);
      const { result } = data as {
        readonly result: readonly { readonly value: readonly [number, string] }[];
      };
      return result.map(({ value: [, text] }) => text).filter((text) => text !== 'NaN');
    },
    troubles: async () => {
      const data = await ask('targets?state=active');
      const { activeTargets } = data as {
        readonly activeTargets: readonly { readonly scrapeUrl: string; readonly lastError: string }[];
      };
      return activeTargets
        .filter(({ lastError }) => lastError !== '')
        .map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`);
    },
    [Symbol.asyncDispose]: stop,
  };
}
