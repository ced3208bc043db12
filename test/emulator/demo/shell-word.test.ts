import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../emulator/demo/demo.ts';

describe('shellWord', () => {
  it('does not quote a text that needs no quotes', () => {
    expect(shellWord('/root/.cache/sls-metrics-adapter/kubeconfig')).toBe(
      '/root/.cache/sls-metrics-adapter/kubeconfig',
    );
  });

  it.each(['/tmp/my dir/x', "it's", '', '$HOME', 'a;b', '`id`', '*', "'", 'a\\b', '~', 'a"b', 'a\nb'])(
    'makes one word for the shell of %j',
    (text) => {
      const printed = execFileSync('sh', ['-c', `printf '<%s>' ${shellWord(text)}`], { encoding: 'utf8' });
      expect(printed).toBe(`<${text}>`);
    },
  );
});
