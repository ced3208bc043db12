import type { ErrorCode } from '../../errors.ts';
import { slsErrorRules, type SlsErrorRule } from '../sls-error-rules.ts';
import type { Assumption } from './assumption.ts';
import { docs, presto, query, refusal, type Fact } from './entry.ts';
import { tables } from './tables.ts';

const errors = docs('Common error codes');
const faq = docs('FAQ about query and analysis');
const noField = 'sls_metrics_adapter_no_such_field';
const noName = 'sls-metrics-adapter-no-such-name';
const oneRow = tables['one row'];

/** One query each: `doctor` asks about those that decide between a reading and an error. */
const askedByDoctor = ['refuses-unknown-column', 'refuses-unknown-field', 'refuses-cast'];

/** What SLS refuses, and how it says so. */
export const refusalAssumptions = [
  ask(
    'refuses-unknown-column',
    `* | SELECT count(${noField}) AS c FROM log LIMIT 1`,
    refusal(['IndexMissing'], new RegExp(noField)),
    {
      statement: 'A column without an index is refused, and the message names it.',
      source: faq,
      consequence:
        'A logstore without the column of canaries could not be read, or the column would count as empty.',
    },
  ),
  ask(
    'refuses-unknown-field',
    `${noField}: "a" | SELECT count(*) AS c FROM log LIMIT 1`,
    refusal(['IndexMissing'], new RegExp(noField)),
    {
      statement: 'A search in a field without an index is refused, and the message names it.',
      source: faq,
      consequence: 'A route whose field has no index would read 0.',
    },
  ),
  ask(
    'refuses-cast',
    `* | SELECT cast('-' AS double) AS c FROM ${oneRow} LIMIT 1`,
    refusal(['QueryRefused']),
    {
      statement: '`cast` of a text that is no number fails the query.',
      source: docs('Type conversion functions'),
      consequence: 'Own metrics with `cast` could count such a line as 0.',
    },
  ),
  ask(
    'refuses-text-as-number',
    `* | SELECT count(*) AS c FROM ${oneRow} WHERE 'a' = 1 LIMIT 1`,
    refusal(['QueryRefused']),
    {
      statement: 'A text is not compared with a number.',
      source: presto,
      consequence: 'An own metric with a label of the wrong type would read 0 instead of failing.',
    },
  ),
  ask(
    'refuses-unknown-function',
    `* | SELECT sls_metrics_adapter_f(1) AS c FROM ${oneRow} LIMIT 1`,
    refusal(['QueryRefused']),
    {
      statement: 'A function that SLS does not have is refused.',
      source: presto,
      consequence: 'A mistake in an own metric would not be found.',
    },
  ),
  query(
    'by test:sls',
    'refuses-empty-range',
    {
      query: ({ nowSeconds }) => ({
        query: '* | SELECT count(*) AS c FROM log LIMIT 1',
        fromSeconds: nowSeconds - 60,
        toSeconds: nowSeconds - 60,
      }),
      ...refusal(['QueryRefused']),
    },
    {
      statement: 'A range whose ends are equal is refused.',
      source: docs('GetLogsV2'),
      consequence: 'None while windows have at least one second.',
    },
  ),
  query(
    'by test:sls',
    'refuses-unknown-logstore',
    {
      query: () => ({ query: '* | SELECT count(*) AS c FROM log LIMIT 1', logstore: noName }),
      ...refusal(['LogstoreNotFound', 'PermissionDenied']),
    },
    {
      statement:
        'A logstore that does not exist is refused; as a missing right where RAM allows only the one that does.',
      source: errors,
      consequence: 'A misspelt logstore would be told as something else, or read 0.',
    },
  ),
  query(
    'by test:sls',
    'refuses-unknown-project',
    {
      query: () => ({ query: '* | SELECT count(*) AS c FROM log LIMIT 1', project: noName }),
      ...refusal(['ProjectNotFound', 'PermissionDenied']),
    },
    {
      statement: 'A project that does not exist is refused.',
      source: errors,
      consequence: 'A misspelt project would be told as something else.',
    },
  ),
  query(
    'by test:sls',
    'refuses-wrong-secret',
    {
      query: () => ({ query: '* | SELECT count(*) AS c FROM log LIMIT 1' }),
      wrongSecret: true,
      ...refusal(['CredentialsRefused'], /SignatureNotMatch/),
    },
    {
      statement: 'A signature with another secret is refused as SignatureNotMatch.',
      source: errors,
      consequence: 'A wrong secret would be told as something else, and credentials would not be renewed.',
    },
  ),
];

const plainQuery = '* | SELECT count(*) AS c FROM log LIMIT 1';

/** What SLS answers in trouble: an incomplete result, and the refusals that the adapter knows. */
export const troubleAssumptions: readonly Assumption[] = [
  query(
    'never',
    'trouble-incomplete',
    { query: () => ({ query: plainQuery }), ...refusal(['SlsIncomplete']) },
    {
      statement:
        '`meta.progress` says `Incomplete` if the result lacks lines; the same request, sent again, can be complete.',
      source: docs('GetLogsV2'),
      consequence: 'Numbers that are too low would be served.',
    },
  ),
  ...slsErrorRules.flatMap(({ means, examples: [example] }) =>
    example === undefined ? [] : [trouble(means, example)],
  ),
];

type Refusal = SlsErrorRule['examples'][number];

/** Made of the errorCode and the first words of the message. */
export function troubleId([, errorCode, message]: Refusal): string {
  const words = message.match(/\b[a-z]+\b/gi) ?? [];
  return ['trouble', errorCode, ...words.slice(0, 5)].join('-').toLowerCase();
}

/** An entry of the table of refusals. */
function trouble(means: ErrorCode, example: Refusal) {
  const [status, errorCode, message] = example;
  const said = message === '' ? '' : `: ${message}`;
  return query(
    'never',
    troubleId(example),
    { query: () => ({ query: plainQuery }), ...refusal([means]) },
    {
      statement: `\`${status} ${errorCode}${said}\` means ${means}.`,
      source: errors,
      consequence:
        'The failure would be told as another one, with another remedy, and retried or not accordingly.',
    },
  );
}

function ask(id: string, text: string, expectation: ReturnType<typeof refusal>, fact: Fact) {
  return query(
    askedByDoctor.includes(id) ? 'by doctor' : 'by test:sls',
    id,
    { query: () => ({ query: text }), ...expectation },
    fact,
  );
}
