import { shortFields, shortMessage, shortText } from './short-text.ts';

/** How long repeats of a line are counted before one line summarises them. */
export const summaryMs = 60_000;

const mostKinds = 4000;
const mostKindsOfGroup = 50;
const mostKindsOfUser = 2000;
const longestPart = 100;

/** What a line tells. Lines of one kind repeat each other, whatever their texts are. */
export interface LineKind {
  /** Lines that share their room, such as the namespace of a read. */
  readonly group: string;
  /** Tells the kinds of a group apart, such as the code of an error and the metric. */
  readonly parts: readonly string[];
  /** Who sent the request. */
  readonly user?: string | undefined;
}

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** @param repeats how many occurrences the line stands for; undefined for the first one of its kind */
type WriteLine = (line: Line, repeats: number | undefined) => void;

interface Repeats {
  count: number;
  /** The last occurrence. */
  line: Line | undefined;
}

/**
 * Logs the first occurrence of each kind of line immediately, then one summary with a count per minute. If a group or a user
 * has too many kinds, its other kinds are summarised together.
 */
export class RepeatLimiter {
  readonly #write: WriteLine;
  /** @bound {mostKinds} kinds of lines | some KiB for each line | {mostKindsOfGroup} of a namespace or event, {mostKindsOfUser} of a user | constants */
  readonly #byKind = new Map<string, Repeats>();
  /** @bound as `#byKind` | - | - | constants */
  readonly #kindsOf = new Map<string, number>();

  constructor(write: WriteLine) {
    this.#write = write;
  }

  log({ group, parts, user }: LineKind, { level, fields, message }: Line): void {
    const line = { level, fields: shortFields(fields), message: shortMessage(message) };
    const owners = ownersOf(group, user);
    const key = JSON.stringify([owners[0], ...parts.map((part) => shortText(part, longestPart))]);
    const known = this.#byKind.get(key) ?? this.#othersOf(owners);
    if (known !== undefined) {
      known.count += 1;
      known.line = line;
      return;
    }
    this.#write(line, undefined);
    this.#add(key, owners);
  }

  /** Returns what summarises a new kind of these owners; undefined: it has room of its own. */
  #othersOf(owners: readonly string[]): Repeats | undefined {
    const full = owners.find((owner, index) => {
      const most = index === 0 ? mostKindsOfGroup : mostKindsOfUser;
      return (this.#kindsOf.get(owner) ?? 0) >= most;
    });
    if (full === undefined && this.#byKind.size < mostKinds) return undefined;
    const key = JSON.stringify(['others', full]);
    return this.#byKind.get(key) ?? this.#add(key, []);
  }

  #add(key: string, owners: readonly string[]): Repeats {
    const repeats: Repeats = { count: 0, line: undefined };
    this.#byKind.set(key, repeats);
    this.#count(owners, 1);
    const timer = setInterval(() => {
      const { count, line } = repeats;
      repeats.count = 0;
      repeats.line = undefined;
      if (line !== undefined) this.#write(line, count);
      else {
        this.#byKind.delete(key);
        this.#count(owners, -1);
        clearInterval(timer);
      }
    }, summaryMs);
    timer.unref();
    return repeats;
  }

  #count(owners: readonly string[], change: number): void {
    for (const owner of owners) {
      const count = (this.#kindsOf.get(owner) ?? 0) + change;
      if (count === 0) this.#kindsOf.delete(owner);
      else this.#kindsOf.set(owner, count);
    }
  }
}

/** The group comes first. */
const ownersOf = (group: string, user: string | undefined): readonly [string, ...string[]] => [
  `group ${shortText(group, longestPart)}`,
  ...(user === undefined ? [] : [`user ${shortText(user, longestPart)}`]),
];
