/** The part above the table: headline, counts by state, failures and projects. */

import { at, make, setText } from './dom.js';
import { clockText, counted, countText } from './format.js';
import { states } from './order.js';

/** @typedef {import('./model.js').Head} Head */
/** @typedef {import('./model.js').Entry} Entry */
/** @typedef {{ first: Entry, count: number, sinceMs: number }} Trouble */

/** @param {Head} head */
export function headlineOf({ counts: { series, failing, refused, stale, waiting } }) {
  if (series + refused === 0) return 'No reading was requested yet';
  const of = `of ${counted(series, 'reading', 'readings')}`;
  const parts = [
    failing > 0 ? `${countText(failing)} ${of} ${failing === 1 ? 'fails' : 'fail'}` : '',
    refused > 0 ? counted(refused, 'metric is refused', 'metrics are refused') : '',
  ];
  if (failing + refused > 0) return parts.filter(Boolean).join(', ');
  if (stale > 0) return `${countText(stale)} ${of} ${stale === 1 ? 'is' : 'are'} stale`;
  if (waiting > 0) return `${counted(series, 'reading', 'readings')}, ${countText(waiting)} not queried yet`;
  return series === 1 ? 'The one reading is fresh' : `All ${countText(series)} readings are fresh`;
}

/** @type {(head: Head, shown: ReadonlySet<string>, toggle: (state: string) => void) => void} */
export function drawStates({ counts }, shown, toggle) {
  const box = at('states');
  if (box.children.length === 0) {
    for (const state of states) {
      const button = make('button', `state ${state}`, make('b', ''), make('span', '', state));
      button.type = 'button';
      button.dataset['state'] = state;
      button.addEventListener('click', () => toggle(state));
      box.append(button);
    }
  }
  for (const button of box.querySelectorAll('button')) {
    const state = /** @type {typeof states[number]} */ (button.dataset['state']);
    setText(button.children[0] ?? button, countText(counts[state]));
    button.setAttribute('aria-pressed', String(shown.has(state)));
    button.classList.toggle('none', counts[state] === 0);
  }
}

const shownTroubles = 5;

/**
 * Draws failures grouped by code and logstore, the most frequent first.
 *
 * @type {(entries: readonly Entry[], search: (words: string) => void) => void}
 */
export function drawTroubles(entries, search) {
  /** @type {Map<string, Trouble>} */
  const troubles = new Map();
  for (const entry of entries) {
    if (entry.failure === null) continue;
    const { code } = entry.failure;
    const key = `${code} ${entry.series?.project ?? entry.failure.what} ${entry.series?.logstore ?? ''}`;
    const trouble = troubles.get(key) ?? { first: entry, count: 0, sinceMs: Infinity };
    trouble.count += 1;
    trouble.sinceMs = Math.min(trouble.sinceMs, entry.series?.failure?.sinceMs ?? Infinity);
    troubles.set(key, trouble);
  }
  const all = [...troubles.values()].sort((one, other) => other.count - one.count);
  const box = at('troubles');
  box.hidden = all.length === 0;
  const drawn = all.slice(0, shownTroubles).map((trouble) => troubleCard(trouble, search));
  const rest = all.length - drawn.length;
  if (rest > 0)
    drawn.push(make('p', 'quiet', `and ${counted(rest, 'other failure', 'other failures')} below`));
  const signature = drawn.map((card) => card.textContent).join('\n');
  // Drawn again only if the text changed, so that a selection of text is kept.
  if (box.dataset['said'] === signature) return;
  box.dataset['said'] = signature;
  box.replaceChildren(...drawn);
}

/** @type {(trouble: Trouble, search: (words: string) => void) => HTMLElement} */
function troubleCard({ first, count, sinceMs }, search) {
  const failure = first.failure ?? { code: '', what: '', remedy: '' };
  const isRefused = first.refused !== undefined;
  const who = isRefused
    ? counted(count, 'metric refused', 'metrics refused')
    : counted(count, 'reading', 'readings');
  const since = sinceMs === Infinity ? '' : ` since ${clockText(sinceMs)}`;
  const code = make('button', 'code', failure.code);
  code.type = 'button';
  code.title = 'Show only these';
  code.addEventListener('click', () => search(failure.code));
  const isServed = first.state === 'stale' ? ' · the last good readings are still served' : '';
  return make(
    'article',
    `trouble ${first.state}`,
    make('p', 'trouble-head', code, make('span', 'quiet', `${who}${since}${isServed}`)),
    make('p', 'what', `${failure.what}.`),
    make('p', 'remedy', make('b', '', 'What to do '), failure.remedy),
  );
}

const shownProjects = 8;

/** @param {Head} head */
export function drawProjects({ projects, logstores }) {
  const cards = projects.slice(0, shownProjects).map(({ project, endpoint, running, waiting, circuit }) => {
    const name = make('b', 'name', project);
    name.title = endpoint;
    const phase = { closed: 'answers', open: 'paused', 'half-open': 'probing' }[circuit];
    const work = waiting > 0 ? `${running} running, ${waiting} waiting` : `${running} running`;
    const delays = logstores
      .filter((one) => one.project === project)
      .map(({ logstore, delaySeconds, saturated, silentSinceSeconds }) => {
        const late = saturated ? ' or later, so readings may be too low' : '';
        const delay =
          delaySeconds === null
            ? 'the delay is configured'
            : `lines are complete after ${delaySeconds} s${late}`;
        const isSilent = silentSinceSeconds !== null;
        const what = isSilent ? `no line that counts since ${clockText(silentSinceSeconds * 1000)}` : delay;
        return make('li', saturated || isSilent ? 'saturated' : '', `${logstore}: ${what}`);
      });
    const badge = make('span', `circuit ${circuit}`, phase);
    return make(
      'li',
      '',
      make('p', '', name, badge, make('span', 'quiet', work)),
      make('ul', 'quiet small', ...delays),
    );
  });
  const rest = projects.length - cards.length;
  if (rest > 0) cards.push(make('li', 'quiet', `and ${counted(rest, 'other', 'others')}`));
  if (cards.length === 0) cards.push(make('li', 'quiet', 'No query was sent to SLS yet'));
  at('projects').replaceChildren(...cards);
}
