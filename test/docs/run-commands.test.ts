import { afterAll, describe, expect, it } from 'vitest';
import { commandsOf, once, pages, textOf } from './doc-commands.ts';
import { adapterCommandOf, startDocsSetup } from './docs-setup.ts';
import { exitCodeOf, isSlow, lookOf, notRun, slowPrograms } from './how-commands-run.ts';

const commands = pages.flatMap(commandsOf);
const setup = await startDocsSetup(180);
afterAll(() => setup[Symbol.asyncDispose]());

it('every command of the pages is run here or by test/slow/docs, or a reason says why not', () => {
  const isRun = (text: string) =>
    adapterCommandOf(text) !== undefined || slowPrograms.some((program) => program.test(text));
  const reasons = (text: string) => notRun.filter(([pattern]) => pattern.test(text));
  expect(
    commands.filter(({ text }) => reasons(text).length !== (isRun(text) ? 0 : 1)).map(({ text }) => text),
  ).toEqual([]);
  expect(notRun.filter(([pattern]) => !commands.some(({ text }) => pattern.test(text)))).toEqual([]);
});

describe('a command of the documentation does what its page says', () => {
  const quick = once(commands.filter(({ text }) => adapterCommandOf(text) !== undefined && !isSlow(text)));

  it.each(quick)('$page: $text', async (command) => {
    const { code, stdout, stderr } = await setup.run(command);
    expect([code, code === 0 ? stderr : '']).toEqual([exitCodeOf(command.text), '']);
    expect(lookOf(stdout)).toEqual(expect.arrayContaining(lookOf(command.output ?? '')));
  });

  const printed = async (page: string, text: string) =>
    (await setup.run({ page, text: `sls-metrics-adapter ${text}`, output: undefined })).stdout;
  const where = 'sls.project=k8s-log-ID,sls.logstore=nginx-ingress,sls.ingress.route=shop-web-80';

  it('routes prints the columns that docs/commands.md explains', async () => {
    const columns = [...textOf('docs/commands.md').matchAll(/^\| `([A-Z0-9 ]+)` +\|/gm)].map(
      ([, name]) => name,
    );
    const header = (await printed('docs/commands.md', 'routes --project k8s-log-ID --logstore nginx-ingress'))
      .split('\n')[0]
      ?.split(/ {2,}/);
    expect(header).toEqual(['ROUTE', ...columns]);
  });

  it('explain prints the lines that docs/commands.md explains', async () => {
    const [, section = ''] = textOf('docs/commands.md').split('## `explain`\n');
    const names = [...(section.split('\n## ')[0] ?? '').matchAll(/\*\*(\w+)\*\*/g)].map(([, name]) => name);
    const text = await printed(
      'docs/commands.md',
      `explain sls_ingress_qps --namespace shop --selector ${where}`,
    );
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) expect(text).toMatch(new RegExp(`^ *${name}\\b`, 'im'));
  });
});
