import { Code } from '@connectrpc/connect';
import { allChecks } from '../../src/doctor/examine.ts';
import { errorRegistry } from '../../src/errors.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { slsErrorRules } from '../../src/sls/sls-error-rules.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';
import { labelDefinitions, type LabelDefinition } from '../../src/metric/labels.ts';
import { ledgerByTopic } from '../../src/sls/assumptions/ledger.ts';
import type { MarkdownTable } from '../../test/support/markdown-table.ts';
import type { Tables } from './document.ts';
import { findAttacks, pressureOn } from './abuse-scenarios.ts';
import { findBounded } from './bounds.ts';
import { documentSettings } from './settings.ts';

/** Returns the generated tables of a document, by the name in the mark that each follows. */
export const documents: Readonly<Record<string, () => Tables>> = {
  'metrics.md': () => ({ ...metricsTables(), labels: labelsTable() }),
  'configuration.md': settingsTables,
  'errors.md': () => ({ ...errorsTables(), replies: repliesTable() }),
  'doctor.md': () => ({ checks: checksTable() }),
  'security.md': boundsTables,
  'assumptions.md': assumptionsTables,
};

/** Returns a table for each group of rows: a long one has headings in between, which the document writes. */
function grouped<T>(
  items: readonly T[],
  groupOf: (item: T) => string,
  header: string[],
  rowOf: (item: T) => string[],
): Tables {
  const groups = Object.groupBy(items, groupOf);
  return Object.fromEntries(
    Object.entries(groups).map(([name, of = []]) => [name, [header, ...of.map(rowOf)]]),
  );
}

const code = (text: string | undefined) => (text === undefined ? '-' : `\`${text}\``);

function metricsTables(): Tables {
  const logs = Object.values(ingressLogs);
  const logOf = ({ name }: { name: string }) =>
    `metrics-${logs.find(({ metricPrefix }) => name.startsWith(metricPrefix))?.kind}`;
  return grouped(
    createCatalog().metrics,
    logOf,
    ['Metric', 'Unit', 'Meaning', 'Without requests'],
    ({ name, unit, description, emptyValue }) => [code(name), unit, description, String(emptyValue)],
  );
}

function labelsTable(): MarkdownTable {
  const labels: readonly LabelDefinition[] = Object.values(labelDefinitions);
  const rows = labels.map(({ name, accepted, description }) => [code(name), accepted, description]);
  return [['Label', 'Values', 'Meaning'], ...rows];
}

function settingsTables(): Tables {
  return grouped(
    documentSettings(),
    ({ path }) => `settings-${/^\w+/.exec(path)?.[0]}`,
    ['Key', 'Flag', 'Environment', 'Default', 'Meaning'],
    ({ path, flag, environment, defaultValue, meaning, allowed }) => [
      code(path),
      code(flag),
      environment.length === 0 ? '-' : environment.map(code).join(', '),
      code(defaultValue),
      allowed === undefined ? meaning : `${meaning} (${allowed})`,
    ],
  );
}

const grpcText = (status: number): string => `${status} ${Code[status] ?? ''}`;

function errorsTables(): Tables {
  const yes = (holds: boolean) => (holds ? 'yes' : 'no');
  return grouped(
    Object.entries(errorRegistry),
    ([, { httpStatus }]) => (httpStatus < 500 ? 'errors-4xx' : 'errors-5xx'),
    ['Code', 'HTTP status', 'gRPC status', 'Retried', 'Opens circuit', 'When', 'What to do'],
    ([name, entry]) => [
      code(name),
      String(entry.httpStatus),
      grpcText(entry.grpcStatus),
      yes(entry.retryable),
      yes(entry.opensCircuit),
      entry.when,
      entry.remedy,
    ],
  );
}

function repliesTable(): MarkdownTable {
  const rows = slsErrorRules.flatMap(({ means, remedy, examples }) =>
    examples.map(([status, errorCode, message]) => [
      String(status),
      code(errorCode),
      message === '' ? '-' : message,
      code(means),
      remedy ?? 'As for the code',
    ]),
  );
  return [['Status', 'errorCode', 'Message, for example', 'Code', 'What to do'], ...rows];
}

function checksTable(): MarkdownTable {
  const rows = allChecks({ selector: undefined }).map(({ id, needs, runsAfter = [], description }) => {
    const waitsFor = [...needs.map(code), ...runsAfter.map((name) => `the end of ${code(name)}`)];
    return [code(id), waitsFor.join(', ') || '-', description];
  });
  return [['Check', 'Needs', 'What holds if it is ok'], ...rows];
}

const askedBy = {
  'by doctor': '`doctor`, `npm run test:sls`',
  'by test:sls': '`npm run test:sls`',
  never: 'nothing',
} as const;

function assumptionsTables(): Tables {
  const entries = Object.entries(ledgerByTopic()).flatMap(([topic, of]) =>
    of.map((one) => ({ ...one, topic })),
  );
  return grouped(
    entries,
    ({ topic }) => `assumptions-${topic}`,
    ['Assumption', 'What is assumed', 'If it were not so', 'Source', 'Asked by', 'Confirmed'],
    ({ id, statement, consequence, source, asked, confirmed = 'never' }) => [
      code(id),
      statement,
      consequence,
      source,
      askedBy[asked],
      confirmed,
    ],
  );
}

function boundsTables(): Tables {
  const attacks = findAttacks();
  return grouped(
    findBounded(),
    ({ file }) => `bounds-${file.split('/')[0]}`,
    ['Where', 'What', 'At most', 'Bytes', 'Share of a client', 'Setting', 'Attacked by'],
    (bounded) => [
      `${bounded.file} ${code(bounded.name)}`,
      bounded.what || '-',
      ...['count', 'bytes', 'share', 'setting'].map((_, column) => bounded.bound?.[column] ?? '-'),
      pressureOn(attacks, bounded) ?? '-',
    ],
  );
}
