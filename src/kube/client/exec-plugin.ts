import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

/** Of stdout and stderr together. @bound one plugin for each call without a token | {usualBytes} | - | a constant */
const usualBytes = 1024 * 1024;
/** A plugin may wait for a login in the cloud. */
const usualMs = 60_000;

/** Returns `spawn` for exec plugins of a kubeconfig. It kills a plugin that writes too much or takes too long. */
export const boundedSpawn =
  ({ maxBytes = usualBytes, maxMs = usualMs } = {}) =>
  (command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess => {
    const plugin = spawn(command, args, options);
    let bytes = 0;
    const end = (what: string) => {
      plugin.emit('error', new Error(`exec plugin ${command} ${what}`));
      plugin.kill('SIGKILL');
      // A process that the plugin started may hold its output open.
      for (const output of [plugin.stdout, plugin.stderr]) output?.destroy();
    };
    const timer = setTimeout(() => end(`did not end within ${maxMs} ms`), maxMs);
    plugin.once('close', () => clearTimeout(timer));
    for (const output of [plugin.stdout, plugin.stderr])
      output?.on('data', (chunk: Buffer | string) => {
        const mayWrite = bytes <= maxBytes;
        bytes += Buffer.byteLength(chunk);
        if (mayWrite && bytes > maxBytes) end(`wrote more than ${maxBytes} bytes`);
      });
    return plugin;
  };
