import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accessKey } from '../../test/support/adapter.ts';
import { startServerProcess, type ServerProcess, type ServerProcessOptions } from './server-process.ts';

interface ServeOptions extends Omit<ServerProcessOptions, 'args' | 'home'> {
  /** Gets the configuration file and the certificates. It is the home directory of the process. */
  readonly directory: string;
  /** Text of the configuration file, in YAML or JSON. */
  readonly config: string;
  /** More options of `serve`, by name. */
  readonly options: Readonly<Record<string, string>>;
}

/** Runs `serve` on any free port in a process of its own, with the access key of the emulators. */
export async function startServe(serve: ServeOptions): Promise<ServerProcess> {
  const { directory, config, options, env, ...rest } = serve;
  const configFile = join(directory, 'config.yaml');
  await writeFile(configFile, config);
  const all = {
    ...{ 'bind-address': '127.0.0.1', 'secure-port': '0', 'shutdown-delay-duration': '0s' },
    ...{ config: configFile, 'cert-dir': directory, ...options },
  };
  return startServerProcess({
    ...rest,
    args: ['serve', ...Object.entries(all).map(([name, value]) => `--${name}=${value}`)],
    home: directory,
    env: {
      ...env,
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    },
  });
}
