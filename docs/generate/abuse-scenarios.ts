import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What a scenario of test/slow/abuse presses on: a line `@attacks file name…` of its comment. */
export interface Attack {
  /** Its file, without the ending. */
  readonly scenario: string;
  /** The file of the bounds, or of what the attack is about without a bound; below src/. */
  readonly file: string;
  /** Names of bounds. Empty: all of the file. */
  readonly names: readonly string[];
}

const directory = resolve(import.meta.dirname, '../../test/slow/abuse');

/** Returns what the scenarios of abuse press on, in their order. */
export function findAttacks(): Attack[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .flatMap((file) =>
      attacksIn(file.slice(0, -'.test.ts'.length), readFileSync(join(directory, file), 'utf8')),
    );
}

/** @param text source text of the scenario */
export function attacksIn(scenario: string, text: string): Attack[] {
  return [...text.matchAll(/@attacks +(\S+) *(.*)/g)].map(([, file = '', names = '']) => ({
    ...{ scenario, file },
    names: names.split(/\s+/).filter((name) => name !== '' && name !== '*/'),
  }));
}

/** Whether the attack presses on this bound. */
export const pressesOn = (attack: Attack, { file, name }: { file: string; name: string }): boolean =>
  attack.file === file && (attack.names.length === 0 || attack.names.includes(name));

/** In a cell of the table. */
const mostNamed = 2;

/** Why no attack can fill a bound, by `file name`. */
export const noScenario: Readonly<Record<string, string>> = {
  'kube/autoscalers/autoscaler-collection.ts found': 'a command of the operator, which ends',
  'kube/client/exec-plugin.ts usualBytes': 'the operator chooses the plugin',
  'reading/delay/delay-estimator.ts #probes': 'filled by the adapter alone',
  'reading/heartbeat/heartbeat.ts #answered': 'filled by the adapter alone',
  'reading/pace/beat.ts #intervalsMs': 'always full',
  'reading/pace/beat.ts #cycle': 'always full',
  'reading/pace/refresh-pacer.ts #startsMs': 'filled by the adapter alone',
  'reading/pace/refresh-pacer.ts #durationsMs': 'filled by the adapter alone',
  'reading/refused-metrics.ts #refused': 'forgotten sooner than `sls.maxQueriesPerSecond` fills it',
  'reading/refused-metrics.ts #allRefused': 'forgotten sooner than `sls.maxQueriesPerSecond` fills it',
  'reading/silence/silence-watch.ts #logstores': 'only logstores that SLS has come in',
  'reading/silence/silence-watch.ts #counting': 'no more than the queries in flight',
  'reading/silence/silence-watch.ts #quietRoutes': 'only logstores that SLS has come in',
  'service/sls-stack.ts resolved': 'filled by the configuration alone',
  'sls/aggregate-source.ts #lacksAlternative': 'forgotten sooner than `sls.maxQueriesPerSecond` fills it',
  'sls/client.ts #clients': 'filled by the configuration alone',
  'sls/credentials/identities.ts #known': 'filled by the configuration alone',
  'sls/transport.ts #agents': 'filled by the environment alone',
  'status/query-minutes.ts #minutes': 'always full',
};

/** Returns the scenarios that press on the bound, or why there is none. Undefined: neither. */
export function pressureOn(
  attacks: readonly Attack[],
  bound: { file: string; name: string },
): string | undefined {
  const scenarios = new Set(
    attacks.filter((attack) => pressesOn(attack, bound)).map(({ scenario }) => scenario),
  );
  const named = [...scenarios].slice(0, mostNamed);
  const more = scenarios.size - named.length;
  if (named.length > 0) return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return noScenario[`${bound.file} ${bound.name}`];
}
