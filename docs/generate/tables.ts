import { Code } from '@connectrpc/connect';
import { allChecks } from '../../src/doctor/examine.ts';
import { errorRegistry } from '../../src/errors.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { slsErrorRules } from '../../src/sls/sls-error-rules.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';
import { labelDefinitions, type LabelDefinition } from '../../src/metric/labels.ts';
import { ledger } from '../../src/sls/assumptions/ledger.ts';
import type { MarkdownTable } from '../../test/support/markdown-table.ts';
import { findAttacks, pressureOn } from './abuse-scenarios.ts';
import { findBounded } from './bounds.ts';
import { documentSettings } from './settings.ts';

/** The generated tables of each document, keyed by the name in the mark that they follow. */
export const documents: Readonly<Record<string, Readonly<Record<string, () => MarkdownTable>>>> = {
  'metrics.md': { metrics: metricsTable, labels: labelsTable },
  'configuration.md': { settings: settingsTable },
  'errors.md': { errors: errorsTable, replies: repliesTable },
  'doctor.md': { checks: checksTable },
  'security.md': { bounds: boundsTable },
  'assumptions.md': { assumptions: assumptionsTable },
};

const code = (text: string | undefined) => (text === undefined ? '-' : `\`${text}\``);

/** In the order of the kinds of log: most readers have nginx-ingress. */
function metricsTable(): MarkdownTable {
  const prefixes = Object.values(ingressLogs).map(({ metricPrefix }) => metricPrefix);
  const { metrics } = createCatalog();
  const rows = prefixes
    .flatMap((prefix) => metrics.filter(({ name }) => name.startsWith(prefix)))
    .map(({ name, unit, description, emptyValue }) => [code(name), unit, description, String(emptyValue)]);
  return [['Metric', 'Unit', 'Meaning', 'Without requests'], ...rows];
}

function labelsTable(): MarkdownTable {
  const labels: readonly LabelDefinition[] = Object.values(labelDefinitions);
  const rows = labels.map(({ name, accepted, description }) => [code(name), accepted, description]);
  return [['Label', 'Values', 'Meaning'], ...rows];
}

function settingsTable(): MarkdownTable {
  const rows = documentSettings().map(({ path, flag, environment, defaultValue, meaning, allowed }) => [
    code(path),
    code(flag),
    environment.length === 0 ? '-' : environment.map(code).join(', '),
    code(defaultValue),
    allowed === undefined ? meaning : `${meaning} (${allowed})`,
  ]);
  return [['Key', 'Flag', 'Environment', 'Default', 'Meaning'], ...rows];
}

const grpcText = (status: number): string => `${status} ${Code[status] ?? ''}`;

function errorsTable(): MarkdownTable {
  const yes = (holds: boolean) => (holds ? 'yes' : 'no');
  const rows = Object.entries(errorRegistry).map(([name, entry]) => [
    code(name),
    String(entry.httpStatus),
    grpcText(entry.grpcStatus),
    yes(entry.retryable),
    yes(entry.opensCircuit),
    entry.when,
    entry.remedy,
  ]);
  return [['Code', 'HTTP status', 'gRPC status', 'Retried', 'Opens circuit', 'When', 'What to do'], ...rows];
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

function assumptionsTable(): MarkdownTable {
  const rows = ledger().map(({ id, statement, consequence, source, asked, confirmed = 'never' }) => [
    code(id),
    statement,
    consequence,
    source,
    asked === 'by test:sls'
      ? '`npm run test:sls`'
      : asked === 'never'
        ? 'nothing'
        : '`doctor`, `npm run test:sls`',
    confirmed,
  ]);
  return [['Assumption', 'What is assumed', 'If it were not so', 'Source', 'Asked by', 'Confirmed'], ...rows];
}

function boundsTable(): MarkdownTable {
  const attacks = findAttacks();
  const rows = findBounded().map((bounded) => [
    `${bounded.file} ${code(bounded.name)}`,
    bounded.what || '-',
    ...['count', 'bytes', 'share', 'setting'].map((_, column) => bounded.bound?.[column] ?? '-'),
    pressureOn(attacks, bounded) ?? '-',
  ]);
  return [['Where', 'What', 'At most', 'Bytes', 'Share of a client', 'Setting', 'Attacked by'], ...rows];
}
