import { slsErrorRules, type SlsErrorRule } from '../sls-error-rules.ts';
import type { AskedQuery } from './assumption.ts';
import { docs, presto, queryOf, refusal } from './entry.ts';
import { tables } from './tables.ts';

const errors = docs('Common error codes');
const conversion = docs('Type conversion functions');
const faq = docs('FAQ about query and analysis');
const noField = 'sls_metrics_adapter_no_such_field';
const noName = 'sls-metrics-adapter-no-such-name';
const count = (sql: string) => `* | SELECT count(${sql}) AS c FROM log LIMIT 1`;
const ofOneRow = (sql: string) => `* | SELECT ${sql} FROM ${tables['one row']} LIMIT 1`;
const query = count('*');
const search = `${noField}: "a" | SELECT count(*) AS c FROM log LIMIT 1`;
const cast = ofOneRow("cast('-' AS double) AS c");
const textAsNumber = ofOneRow("count_if('a' = 1) AS c");
const noFunction = ofOneRow('sls_metrics_adapter_f(1) AS c');
const noLogstore: AskedQuery = () => ({ query, logstore: noName });
const noProject: AskedQuery = () => ({ query, project: noName });
const hasNoLogstore = refusal(['LogstoreNotFound', 'PermissionDenied']);
const hasNoProject = refusal(['ProjectNotFound', 'PermissionDenied']);
const isNoField = refusal(['IndexMissing'], new RegExp(noField));
const isRefused = refusal(['QueryRefused']);
const emptyRange: AskedQuery = ({ nowSeconds }) => ({
  ...{ query, fromSeconds: nowSeconds - 60, toSeconds: nowSeconds - 60 },
});

/** One query each: `doctor` asks about those that decide between a reading and an error. */
const byDoctor = queryOf('by doctor');
const byTest = queryOf('by test:sls');

/** What SLS refuses, and how it says so. */
export const refusalAssumptions = [
  byDoctor('refuses-unknown-column', count(noField), isNoField, faq, {
    statement: 'A column without an index is refused, and the message names it.',
    consequence:
      'A logstore without the column of canaries could not be read, or the column would count as empty.',
  }),
  byDoctor('refuses-unknown-field', search, isNoField, faq, {
    statement: 'A search in a field without an index is refused, and the message names it.',
    consequence: 'A route whose field has no index would read 0.',
  }),
  byDoctor('refuses-cast', cast, isRefused, conversion, {
    statement: '`cast` of a text that is no number fails the query.',
    consequence: 'Own metrics with `cast` could count such a line as 0.',
  }),
  byTest('refuses-text-as-number', textAsNumber, isRefused, presto, {
    statement: 'A text is not compared with a number.',
    consequence: 'An own metric with a label of the wrong type would read 0 instead of failing.',
  }),
  byTest('refuses-unknown-function', noFunction, isRefused, presto, {
    statement: 'A function that SLS does not have is refused.',
    consequence: 'A mistake in an own metric would not be found.',
  }),
  byTest('refuses-empty-range', emptyRange, isRefused, docs('GetLogsV2'), {
    statement: 'A range whose ends are equal is refused.',
    consequence: 'None while windows have at least one second.',
  }),
  byTest('refuses-unknown-logstore', noLogstore, hasNoLogstore, errors, {
    statement:
      'A logstore that does not exist is refused; as a missing right where RAM allows only the one that does.',
    consequence: 'A misspelt logstore would be told as something else, or read 0.',
  }),
  byTest('refuses-unknown-project', noProject, hasNoProject, errors, {
    statement: 'A project that does not exist is refused.',
    consequence: 'A misspelt project would be told as something else.',
  }),
  {
    ...byTest('refuses-wrong-secret', query, refusal(['CredentialsRefused'], /SignatureNotMatch/), errors, {
      statement: 'A signature with another secret is refused as SignatureNotMatch.',
      consequence: 'A wrong secret would be told as something else, and credentials would not be renewed.',
    }),
    wrongSecret: true as const,
  },
];

/** What SLS answers in trouble: an incomplete result, and the refusals that the adapter knows. */
export const troubleAssumptions = [
  queryOf('never')('trouble-incomplete', query, refusal(['SlsIncomplete']), docs('GetLogsV2'), {
    statement:
      '`meta.progress` says `Incomplete` if the result lacks lines; the same request, sent again, can be complete.',
    consequence: 'Numbers that are too low would be served.',
  }),
  ...slsErrorRules.flatMap(({ means, examples: [example] }) =>
    example === undefined
      ? []
      : queryOf('never')(troubleId(example), query, refusal([means]), errors, {
          statement: `\`${example.slice(0, 2).join(' ')}${example[2] === '' ? '' : `: ${example[2]}`}\` means ${means}.`,
          consequence:
            'The failure would be told as another one, with another remedy, and retried or not accordingly.',
        }),
  ),
];

/** Made of the errorCode and the first words of the message. */
export function troubleId([, errorCode, message]: SlsErrorRule['examples'][number]): string {
  const words = message.match(/\b[a-z]+\b/gi) ?? [];
  return ['trouble', errorCode, ...words.slice(0, 5)].join('-').toLowerCase();
}
