import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { pathText } from '../../../src/config/setting-path.ts';

const good = { name: 'my_latency', description: 'Latency of my own', unit: 'ms', aggregate: 'avg(latency)' };

/** Returns one line for each fault: `path message`. */
function faultsOf(...metrics: readonly unknown[]): string[] {
  const { error } = configSchema.safeParse({ sls: { region: 'cn-beijing' }, metrics });
  return (error?.issues ?? []).map(({ path, message }) => `${pathText(path)} ${message}`);
}

const faultsWith = (changes: object) => faultsOf({ ...good, ...changes });
/** Returns the faults of a metric with one label, which is used. */
const withLabel = (changes: object, metric: object = {}) =>
  faultsWith({ labels: [{ name: 'model', description: 'A model', column: 'model', ...changes }], ...metric });

it('has no metrics by default; a metric needs only name, description, unit and SQL', () => {
  const parse = (metrics?: unknown) => configSchema.parse({ sls: { region: 'r1' }, metrics }).metrics;
  expect(parse()).toEqual([]);
  expect(parse([good])).toEqual([{ ...good, search: '*', emptyWindow: 'error', labels: [] }]);
});

const query =
  'SELECT sum(a) AS value, count(*) AS lines FROM log WHERE __time__ >= {from} AND __time__ < {to}';

describe('a label', () => {
  it('accepts a label that is text or a number, required, with a default, or grouped by', () => {
    for (const label of [{}, { type: 'number' }, { default: 'a' }, { pattern: '[a-z]+', default: 'a' }])
      expect(withLabel(label)).toEqual([]);
    expect(withLabel({ required: false }, { groupBy: 'model' })).toEqual([]);
    expect(withLabel({ column: undefined }, { search: 'a: {model}' })).toEqual([]);
  });

  const name = 'must be a name such as model or app.model: letters, digits, hyphens, underscores and dots';
  it.each<[label: object, metric: object, fault: string]>([
    [{ column: undefined }, {}, 'name must be used: give it a column, or write {model} in a template'],
    [{ name: 'sls.model' }, {}, 'name must not begin with sls. or be one of route, window, from, to'],
    [{ name: 'window' }, {}, 'name must not begin with sls. or be one of route, window, from, to'],
    [{ name: '1x' }, {}, `name ${name}`],
    [{ name: 'a/b' }, {}, `name ${name}`],
    [{ description: undefined }, {}, 'description must be text'],
    [{ type: 'date' }, {}, 'type must be one of text, number'],
    [{ column: 'a"b' }, {}, 'column must be the name of a column, such as model or __tag__:_container_name_'],
    [
      { pattern: '(?=a)a' },
      {},
      'pattern must not look ahead or behind, as (?=…) does: list what may match instead, such as (blue|green)-[0-9]+',
    ],
    [{ pattern: '[a-z]+', default: 'B1' }, {}, 'default must be text that matches [a-z]+, as any value'],
    [{ type: 'number', default: 'B1' }, {}, 'default must be a number without a sign, as any value'],
    [{ required: true, default: 'a' }, {}, 'default must not be given if required is true'],
    [{ required: false }, {}, 'default must be given if required is false'],
    [
      {},
      { aggregate: undefined, sql: query },
      'column must not be given together with sql: write the condition there, with {model}',
    ],
  ])('refuses the label %j of the metric %j', (label, metric, fault) => {
    expect(withLabel(label, metric)).toEqual([`metrics[0].labels[0].${fault}`]);
  });

  it('refuses a number label that is grouped by, because numbers are written in several ways', () => {
    expect(withLabel({ type: 'number' }, { groupBy: 'model' })).toEqual([
      'metrics[0].labels[0].type must be text if groupBy is its column: 5 and 5.0 are two groups',
    ]);
  });

  it('refuses two labels with one column, because one of them would be ignored', () => {
    const labels = ['a', 'b'].map((one) => ({ name: one, description: 'x', column: 'model' }));
    for (const more of [{}, { groupBy: 'model' }])
      expect(faultsWith({ labels, ...more })).toEqual([
        'metrics[0].labels[1].column must differ from the column of labels[0]',
      ]);
  });

  it('refuses two labels with one name', () => {
    const labels = [1, 2].map(() => ({ name: 'a', description: 'x', column: 'a' }));
    expect(faultsWith({ labels })).toEqual([
      'metrics[0].labels[1].name must differ from the name of labels[0]',
    ]);
  });
});

describe('a metric', () => {
  const name =
    'must be a name such as my_app_latency: up to 63 lower-case letters, digits, and single _, - or . between them';
  it.each<[changes: object, fault: string]>([
    [{ name: 'sls_ingress_qps' }, 'name must differ from the name of every built-in metric'],
    [{ name: 'My' }, `name ${name}`],
    [{ name: 'a__b' }, `name ${name}`],
    [{ name: '..' }, `name ${name}`],
    [{ name: 'a'.repeat(64) }, `name ${name}`],
    [{ name: undefined }, `name ${name}`],
    [{ description: undefined }, 'description must be text'],
    [{ unit: undefined }, 'unit must be text'],
    [{ aggregate: undefined }, 'aggregate must be given, or sql instead of it'],
    [{ sql: query }, 'aggregate must not be given together with sql: only one gives the value'],
    [
      { aggregate: undefined, sql: query, groupBy: 'a' },
      'groupBy must not be given together with sql, which has one row',
    ],
    [
      { groupBy: 'route', aggregate: 'count_if(a = {route})' },
      'aggregate must not have {route}: it takes {window}, {from}, {to}',
    ],
    [{ groupBy: 'a b' }, 'groupBy must be the name of a column, such as model or __tag__:_container_name_'],
    [
      { aggregate: 'sum({nope})' },
      'aggregate must not have {nope}: it takes {window}, {from}, {to}, {route}',
    ],
    // Another division could not be told from one of whole numbers, so its fault would send the reader astray.
    [
      { aggregate: 'count(*) / {windw}' },
      'aggregate must not have {windw}: it takes {window}, {from}, {to}, {route}',
    ],
    [
      { aggregate: "sum({nope} / '{nada}'" },
      'aggregate must not have {nope}, {nada}: it takes {window}, {from}, {to}, {route}',
    ],
    [{ aggregate: 'sum(a' }, 'aggregate must have ) for the ( at character 4'],
    [{ aggregate: `sum(${'a'.repeat(4000)})` }, 'aggregate must have at most 4000 characters'],
    [{ aggregate: '' }, 'aggregate must not be empty'],
    [{ aggregate: undefined, sql: 'sum(a)' }, 'sql must begin with SELECT or WITH'],
    [{ search: 'a: {window}' }, 'search must not have {window}: it takes {route}'],
    [{ search: 'a: {nope}' }, 'search must not have {nope}: it takes {route}'],
    [{ search: 'a: "b' }, 'search must not have " at character 4 outside quotes: close the quote'],
    [{ emptyWindow: 'null' }, 'emptyWindow must be one of zero, error'],
    [{ labels: 5 }, 'labels must be a list of labels'],
  ])('refuses a metric with %j', (changes, fault) => {
    expect(faultsWith(changes)).toEqual([`metrics[0].${fault}`]);
  });

  it('with several faults is refused with all of them', () => {
    const faulty = {
      logstore: 'App Log',
      unit: undefined,
      aggregate: 'sum({nope})',
      search: 'a{b',
      limit: 5,
    };
    expect(
      faultsWith(faulty)
        .map((fault) => fault.split(' ', 1)[0])
        .sort(),
    ).toEqual([
      // The setting limit, which there is not.
      'metrics[0]',
      'metrics[0].aggregate',
      'metrics[0].logstore',
      'metrics[0].search',
      'metrics[0].unit',
    ]);
  });

  it('that is no section is refused', () => {
    expect(faultsOf(5)).toHaveLength(1);
  });

  it('refuses two metrics with one name', () => {
    expect(faultsOf(good, { ...good, name: 'b' }, good)).toEqual([
      'metrics[2].name must differ from the name of metrics[0]',
    ]);
  });
});
