import { once } from 'node:events';
import { expect, it } from 'vitest';
import { boundedSpawn } from '../../../src/kube/client/exec-plugin.ts';

const spawn = boundedSpawn({ maxBytes: 100, maxMs: 60_000 });

it('ends a plugin that does not end, and what it started', async () => {
  const plugin = boundedSpawn({ maxBytes: 100, maxMs: 200 })('sh', ['-c', 'sleep 60; true']);
  const closed = once(plugin, 'close').catch(() => undefined);
  await expect(once(plugin, 'close')).rejects.toThrow('exec plugin sh did not end within 200 ms');
  await closed;
  expect(plugin.signalCode ?? plugin.killed).toBeTruthy();
});

it('counts what a plugin writes to stdout and stderr together', async () => {
  const plugin = spawn('sh', ['-c', 'printf %060d 1; printf %060d 1 >&2; sleep 60']);
  await expect(once(plugin, 'close')).rejects.toThrow('exec plugin sh wrote more than 100 bytes');
});

it('leaves other plugins alone', async () => {
  const plugin = spawn('printf', ['%0100d', '1']);
  expect(await once(plugin, 'close')).toEqual([0, null]);
});
