import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { createAccessCheck } from '../../src/access/access-check.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const document = readFileSync(join(docs, 'access.md'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'access-'));
afterAll(() => rmSync(directory, { recursive: true }));

type Read = readonly [namespace: string, route: string | undefined, project?: string];

/** Tells for each read if the rules of a file allow it. */
function answers(config: string, reads: readonly Read[]): boolean[] {
  const checkAccess = createAccessCheck(
    loadConfig({ flags: { config, region: 'cn-beijing' }, env: {} }).access,
  );
  return reads.map(([namespace, route, project = 'k8s-log-c0ffee']) => {
    const routes = route === undefined ? undefined : [route];
    const read = { namespace, project, logstore: 'nginx-ingress', routes, routeNamespace: undefined };
    return checkAccess(read) === undefined;
  });
}

const blocks = [...document.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = '']) => yaml);
const reads: readonly Read[] = [
  ['team-b', 'team-b-web-80'],
  ['team', 'team-b-web-80'],
  ['team', 'team-web-80'],
  ['team', 'shop-web-80'],
  ['monitoring', undefined],
];

it.each([
  ['one switch', 0, [true, true, true, false, false]],
  ['known namespaces', 1, [true, false, true, false, false]],
  ['rules', 3, [true, true, true, false, true]],
])('the example of %s in docs/access.md does what the text says', (_, index, expected) => {
  expect(blocks).toHaveLength(4);
  const config = join(directory, 'config.yaml');
  writeFileSync(config, blocks[index] ?? '');
  expect(answers(config, reads)).toEqual(expected);
});

const ofOneTeam: readonly [Read, boolean][] = [
  [['shop', 'shop-web-80'], true],
  [['shop', 'pay-web-80'], false],
  [['shop', undefined], false],
  [['pay', 'pay-web-80'], true],
  [['pay', 'shop-web-80'], true],
  [['search', undefined], true],
  [['staging', 'staging-web-80'], false],
];

it('the rules of one namespace in docs/access.md are those of its example file, and do what the text says', () => {
  const example = join(docs, 'examples/access-one-team.yaml');
  const withoutComments = readFileSync(example, 'utf8').replaceAll(/^ *#.*\n/gm, '');
  expect(withoutComments).toBe(`sls:\n  region: cn-beijing\n\n${blocks[2] ?? ''}`);
  const reads = ofOneTeam.map(([read]) => read);
  expect(answers(example, reads)).toEqual(ofOneTeam.map(([, may]) => may));
});

it('the example file of the rules in docs/access.md does what its comments say', () => {
  expect(document).toContain('](examples/access.yaml)');
  const expected: [Read, boolean][] = [
    [['team', 'team-web-80'], true],
    [['team', 'team-b-web-80'], false],
    [['team-b', 'team-b-web-80'], true],
    [['team', 'team-web-80', 'k8s-log-other'], false],
    [['team', 'shop-web-80'], false],
    [['search', 'shop-web-80'], true],
    [['search', 'shop-api-80'], false],
    [['search', undefined], false],
    [['monitoring', undefined], true],
    [['monitoring', 'team-b-web-80', 'k8s-log-other'], true],
    [['monitoring', undefined, 'elsewhere'], false],
  ];
  expect(
    answers(
      resolve(docs, 'examples/access.yaml'),
      expected.map(([read]) => read),
    ),
  ).toEqual(expected.map(([, may]) => may));
});
