import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { errorRegistry } from '../../src/errors.ts';
import { describeWithPrometheus, promtool } from '../support/promtool.ts';
import { alertsFile, ownMetrics, ownMetricsIn, plainFileOf, textOf } from './monitoring-files.ts';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for: string;
      readonly labels: { readonly severity: string };
      readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
    }[];
  }[];
}

interface RuleTests {
  readonly tests: readonly {
    readonly input_series: readonly { readonly values: string }[];
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

const testsFile = resolve(import.meta.dirname, 'alerts.promtool.yaml');
const rules = (parse(textOf(alertsFile)) as Rules).groups.flatMap((group) => group.rules);
const names = rules.map(({ alert }) => alert);

describe('the alerts', () => {
  it('are the same in the chart and in deploy/monitoring', () => {
    expect(textOf(plainFileOf(alertsFile))).toBe(textOf(alertsFile));
  });

  it.each(rules)('$alert uses only metrics of the adapter and error codes that exist', ({ expr }) => {
    const known = ownMetrics();
    expect(ownMetricsIn(expr).filter((name) => !known.has(name))).toEqual([]);
    const codes = [...expr.matchAll(/code!?[=~]+"([^"]*)"/g)].flatMap(([, text = '']) => text.split('|'));
    expect(codes.filter((code) => code !== 'ok' && !(code in errorRegistry))).toEqual([]);
  });

  it.each(rules)('$alert has a severity, a summary and a description', ({ labels, annotations }) => {
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/^[A-Z'{]/);
    expect(annotations.description).toMatch(/\.$/);
  });

  it('have a section each in docs/runbooks.md, with a cause, a command and a fix', () => {
    const sections = new Map(
      textOf('docs/runbooks.md')
        .split(/^## /m)
        .slice(1)
        .map((section) => [section.slice(0, section.indexOf('\n')), section]),
    );
    expect([...sections.keys()].sort()).toEqual(names.toSorted());
    for (const { alert, annotations } of rules) {
      expect(annotations.runbook_url).toMatch(new RegExp(`/runbooks\\.md#${alert.toLowerCase()}$`));
      expect(sections.get(alert)).toMatch(/\*\*Cause\.\*\*[^]*```(sh|promql)\n[^]*\*\*Fix\.\*\*/);
    }
  });

  it('each fire in one promtool test and stay quiet in another', () => {
    const { tests } = parse(textOf('test/monitoring/alerts.promtool.yaml')) as RuleTests;
    const proofs = tests.flatMap((test) => test.alert_rule_test);
    for (const alert of names) {
      const fires = proofs
        .filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts }) => exp_alerts.length > 0);
      expect([alert, new Set(fires)]).toEqual([alert, new Set([false, true])]);
    }
    expect(proofs.filter(({ alertname }) => !names.includes(alertname))).toEqual([]);
  });
});

describeWithPrometheus('promtool', () => {
  it('accepts the rules', async () => {
    expect(await promtool(['check', 'rules', resolve(import.meta.dirname, '../..', alertsFile)])).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
  });

  it('runs the tests of the alerts without a failure', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'alerts-'));
    try {
      await copyFile(resolve(import.meta.dirname, '../..', alertsFile), join(directory, 'alerts.yaml'));
      await copyFile(testsFile, join(directory, 'tests.yaml'));
      expect(await promtool(['test', 'rules', join(directory, 'tests.yaml')])).toContain('SUCCESS');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('the promql in docs/runbooks.md', () => {
  const blocks = [...textOf('docs/runbooks.md').matchAll(/^```promql\n([^]*?)^```$/gm)].map(
    ([, query = '']) => query,
  );

  it.each(blocks)('uses only metrics of the adapter: %s', (query) => {
    const known = ownMetrics();
    const asked = ownMetricsIn(query);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });
});
