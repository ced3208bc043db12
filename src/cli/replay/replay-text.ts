import type { Figures } from '../../replay/figures.ts';
import { phases } from '../../replay/replay.ts';
import { formatQuantity } from '../../grammar/quantity.ts';
import type { AutoscalerSpec, ScalingRules } from '../../scaling/autoscaler-spec.ts';
import { alignedTable } from '../table.ts';
import { spanText, utcText } from '../time-text.ts';
import type { Replayed } from './replayed.ts';
import type { Swept } from './sweep-settings.ts';
import { stringify } from 'yaml';
import { withSettings } from '../../scaling/print-hpa.ts';

export function replayText(replayed: Replayed, swept: Swept | undefined): string {
  const { hpa, notes, limits, runs, traffic } = replayed;
  return [
    introduction(replayed),
    '',
    alignedTable(head(replayed), rowsOf(replayed)),
    '',
    `Medians over ${phases} phases of the controller's beat; in parentheses, the least and the most.`,
    '',
    'Replicas over time:',
    chart(runs[0]?.figures, traffic.toSeconds - traffic.fromSeconds, hpa.spec.maxReplicas),
    `Why so many, by the share of syncs: ${reasonsText(runs[0])}`,
    '',
    ...(swept === undefined ? [] : sweptText(swept, replayed)),
    ...notes.map((note) => `Note: ${note}`),
    'What a replay cannot know:',
    ...limits.map((limit) => `- ${limit}`),
    '',
  ].join('\n');
}

const reasonsText = (run: Replayed['runs'][number] | undefined): string =>
  (run?.reasons ?? []).map(([reason, share]) => `${reason} ${(share * 100).toFixed(1)} %`).join(', ');

/** Returns the rows of the table: for each startup time, the HPA as it is, and what it is compared with. */
export const rowsOf = (replayed: Replayed): string[][] =>
  replayed.runs.flatMap(({ startupSeconds, figures, baselines, withForecast }) => [
    row(withForecast === undefined ? 'as it is' : 'without forecast', startupSeconds, figures, replayed),
    ...(withForecast === undefined ? [] : [row('with forecast', startupSeconds, withForecast, replayed)]),
    row(
      `fixed at ${baselines.fixedAtP99.changes[0]?.[1] ?? 0} (p99)`,
      startupSeconds,
      baselines.fixedAtP99,
      replayed,
    ),
    row('perfect foresight', startupSeconds, baselines.perfectForesight, replayed),
  ]);

export function introduction({ hpa, source, traffic, capacities, input, controller }: Replayed): string {
  const { fromSeconds, toSeconds } = traffic;
  const peak = input.needed.reduce((most, needed) => Math.max(most, needed), 0);
  const capacity = capacities.find((one) => one !== undefined) ?? 0;
  return [
    `HPA ${hpa.namespace}/${hpa.manifest.name}, ${settingText(hpa.spec)}, Kubernetes 1.${controller.minor ?? ''}`,
    `${source}, ${utcText(fromSeconds)} to ${utcText(toSeconds)} (${spanText(toSeconds - fromSeconds)})`,
    `One pod takes ${shortNumber(capacity)}; the busiest moment needed ${peak.toFixed(1)} ready pods.`,
  ].join('\n');
}

const settingText = ({ metrics, minReplicas, maxReplicas }: AutoscalerSpec): string =>
  [
    ...metrics.map(
      ({ kind, targetMilli }) =>
        `${kind === 'Value' ? 'value' : 'averageValue'} ${formatQuantity(targetMilli / 1000)}`,
    ),
    `${minReplicas} to ${maxReplicas} replicas`,
  ].join(', ');

export const head = ({ gpus, price }: Replayed): string[] => [
  ...['SETTING', 'STARTUP', 'POD-HOURS'],
  ...(gpus !== undefined ? ['GPU-HOURS'] : []),
  ...(price === undefined ? [] : ['COST']),
  ...['OVERLOADED', 'UNSERVED', 'CHANGES/H'],
];

export function row(name: string, startupSeconds: number, figures: Figures, replayed: Replayed): string[] {
  const { gpuHours, cost } = costOf(figures, replayed);
  const [least, most] = figures.spread.overloadedSeconds;
  const spread = least === most ? '' : ` (${spanText(least)}-${spanText(most)})`;
  return [
    ...[name, spanText(startupSeconds), figures.podHours.toFixed(1)],
    ...(replayed.gpus !== undefined ? [gpuHours.toFixed(1)] : []),
    ...(cost === undefined ? [] : [cost.toFixed(2)]),
    `${spanText(figures.overloadedSeconds)}${spread}`,
    `${(figures.unservedShare * 100).toFixed(2)}%`,
    figures.changesPerHour.toFixed(1),
  ];
}

/** The cost is undefined without a price. */
export function costOf({ podHours }: Pick<Figures, 'podHours'>, { gpus = 1, price }: Replayed) {
  const gpuHours = podHours * gpus;
  return { gpuHours, cost: price === undefined ? undefined : gpuHours * price };
}

export const shortNumber = (value: number): string => String(Number(value.toPrecision(4)));

const columns = 72;
const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One line: the most replicas in each part of the time. */
function chart(figures: Figures | undefined, seconds: number, maxReplicas: number): string {
  if (figures === undefined) return '';
  const most = new Array<number>(columns).fill(0);
  const { changes } = figures;
  for (const [index, [start, replicas]] of changes.entries()) {
    const end = changes[index + 1]?.[0] ?? seconds;
    const first = Math.floor((start / seconds) * columns);
    const last = Math.min(columns - 1, Math.ceil((end / seconds) * columns) - 1);
    for (let column = first; column <= last; column++) most[column] = Math.max(most[column] ?? 0, replicas);
  }
  const highest = Math.max(1, ...most);
  const line = most.map((one) => levels[Math.ceil((one / highest) * levels.length) - 1] ?? ' ').join('');
  return `  ${line}  up to ${highest} of ${maxReplicas}`;
}

function sweptText(
  { settings, front, shown, recommended, reason, startupSeconds }: Swept,
  replayed: Replayed,
): string[] {
  const { hpa } = replayed;
  const rows = shown.map(({ spec, figures }) => {
    const [, , ...others] = row('', startupSeconds, figures, replayed);
    return [spec === recommended.spec ? '->' : '', ...settingCells(spec), ...others];
  });
  return [
    `${settings.length} settings were tried with a startup time of ${spanText(startupSeconds)}. No other beats ${front.length === 1 ? 'this one' : `these ${front.length}`}${shown.length < front.length ? `, of which ${shown.length} are shown` : ''}:`,
    '',
    alignedTable(settingHead(replayed), rows),
    '',
    `Recommended (->): ${reason}`,
    '',
    stringify(withSettings(hpa.manifest, recommended.spec, hpa.indices), { lineWidth: 0 }),
  ];
}

export const settingHead = (replayed: Replayed): string[] => [
  ...['', 'TARGET', 'MIN', 'DOWN WINDOW', 'UP', 'DOWN', 'TOLERANCE'],
  ...head(replayed).slice(2),
];

export function settingCells({ metrics, minReplicas, behavior }: AutoscalerSpec): string[] {
  const { scaleUp, scaleDown } = behavior ?? {};
  return [
    metrics.map(({ targetMilli }) => formatQuantity(targetMilli / 1000)).join(' '),
    String(minReplicas),
    behavior === undefined ? '(none)' : spanText(scaleDown?.stabilizationWindowSeconds ?? 300),
    policyText(scaleUp),
    policyText(scaleDown),
    scaleUp?.tolerance === undefined ? '-' : String(scaleUp.tolerance),
  ];
}

/** `100%/15s or 4/15s` */
function policyText(rules: ScalingRules | undefined): string {
  if (rules === undefined) return '(none)';
  if (rules.selectPolicy === 'Disabled') return 'disabled';
  const texts = rules.policies.map(
    ({ type, value, periodSeconds }) => `${value}${type === 'Percent' ? '%' : ''}/${spanText(periodSeconds)}`,
  );
  return texts.join(rules.selectPolicy === 'Min' ? ' and ' : ' or ');
}
