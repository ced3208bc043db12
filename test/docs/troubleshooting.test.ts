import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { documentSettings } from '../../docs/generate/settings.ts';
import { errorRegistry } from '../../src/errors.ts';

const textOf = (name: string) => readFileSync(resolve(import.meta.dirname, '../../docs', name), 'utf8');
const [symptoms, alerts] = [textOf('troubleshooting.md'), textOf('runbooks.md')];
const page = `${symptoms}\n${alerts}`;
const codeSpans = [...page.replaceAll(/```[^]*?```/g, '').matchAll(/`([^`]+)`/g)].map(
  ([, span = '']) => span,
);

it('names only errors of the registry', () => {
  // Reasons of Kubernetes that are written like our codes.
  const foreign = [
    'FailedGetExternalMetric',
    'FailedDiscoveryCheck',
    'MissingEndpoints',
    'SuccessfulRescale',
    'FailedComputeMetricsReplicas',
    'Unauthorized',
  ];
  const named = codeSpans.filter((span) => /^([A-Z][a-z]+){2,}$/.test(span) && !foreign.includes(span));
  expect(named).not.toEqual([]);
  expect(named.filter((code) => !(code in errorRegistry) && !isObjectField(code))).toEqual([]);
});

it('has a command for each symptom', () => {
  const sections = symptoms.split(/^### /m).slice(1);
  expect(sections).toHaveLength(symptoms.match(/^- \[/gm)?.length ?? -1);
  expect(sections.filter((section) => !section.includes('```sh\n'))).toEqual([]);
});

it('reads the log of every replica, and all of it', () => {
  const commands = [...page.matchAll(/^kubectl logs .*$/gm)].map(([command]) => command);
  expect(commands).not.toEqual([]);
  const all = '-l app.kubernetes.io/name=sls-metrics-adapter --prefix --tail=-1';
  expect(commands.filter((command) => !command.includes(all))).toEqual([]);
});

it('names only settings that there are', () => {
  const paths = documentSettings().map(({ path }) => path);
  const sections = new Set(paths.map((path) => path.split(/[.[]/)[0] ?? ''));
  const named = codeSpans.filter((span) => {
    const [section = ''] = span.split(/[.[]/);
    return /^[a-z]+(\[\])?\.[a-zA-Z.]+$/.test(span) && sections.has(section);
  });
  // `sls.` is where labels begin as well.
  const settings = named.filter((span) => !/^sls\.(ingress|query|forecast)\./.test(span));
  expect(settings).not.toEqual([]);
  // What an entry of `projects` overrides has the name of what it overrides.
  expect(settings.filter((span) => !paths.includes(span.replace('projects[].', '')))).toEqual([]);
});

it('has each line that the adapter logs at warn or error, by its beginning, and no other', () => {
  const source = readFileSync(resolve(import.meta.dirname, '../../src/telemetry/event-log.ts'), 'utf8');
  const call =
    /(?:(?:warn|error|\[level\])\(\s*(?:event|\{[^}]*\}),|'(?:warn|error)',(?:\s*text:)?|warning\(log,)\s*['`]([A-Z][^'`$:;,]+)/g;
  const logged = [...source.matchAll(call)].map(([, text = '']) => text.trim());
  expect(logged.length).toBeGreaterThan(20);
  const [, table = ''] = symptoms.split('\n## By log line\n');
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows
    .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, text = '']) => text);
  expect(
    logged.filter(
      (line) => !listed.some((beginning) => line.startsWith(beginning) || beginning.startsWith(line)),
    ),
  ).toEqual([]);
  expect(listed.filter((beginning) => !source.includes(beginning))).toEqual([]);
});

const isObjectField = (span: string): boolean => ['AverageValue', 'Value'].includes(span);
