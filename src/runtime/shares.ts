/**
 * Places that holders share: users, or addresses. A holder may take another place while it holds fewer than are free. So
 * one holder gets at most half, and two get a third each. A few more places are reserved for holders with few, so that a
 * newcomer finds some even when others were quick.
 */
export class Shares {
  readonly #most: number;
  readonly #reserved: number;
  readonly #few: number;
  #taken = 0;
  /** @bound as the places that are taken | names of users, addresses | one holder takes at most as many as are free | see where it is used */
  readonly #held = new Map<string, number>();

  /** @param mostOfOne how many places one holder gets at most */
  constructor(mostOfOne: number) {
    this.#most = 2 * mostOfOne;
    this.#reserved = Math.ceil(mostOfOne / 2);
    this.#few = Math.ceil(mostOfOne / 50);
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes places for a request. Returns whether there were any for the holder. */
  take(holder: string, places = 1): boolean {
    const held = this.#held.get(holder) ?? 0;
    const free = this.#most - this.#taken;
    if (held >= free && (held >= this.#few || free + this.#reserved <= 0)) return false;
    const namer = namerOf(holder);
    if (namer !== holder && (this.#held.get(namer) ?? 0) >= this.#most * mostOfNamer) return false;
    this.#add(holder, places);
    return true;
  }

  /**
   * Takes more places for a request that holds some: as many as are needed, or all that are free. Returns undefined if
   * the other requests of the holder have its share.
   */
  takeMore(holder: string, own: number, needed: number): number | undefined {
    const others = (this.#held.get(holder) ?? 0) - own;
    const free = this.#most - this.#taken;
    if (others >= free + own) return undefined;
    const places = Math.max(0, Math.min(needed, free));
    this.#add(holder, places);
    return places;
  }

  give(holder: string, places = 1): void {
    this.#add(holder, -places);
  }

  #add(holder: string, places: number): void {
    for (const one of new Set([holder, namerOf(holder)])) {
      const held = (this.#held.get(one) ?? 0) + places;
      if (held > 0) this.#held.set(one, held);
      else this.#held.delete(one);
    }
    this.#taken += places;
  }
}

/** Of all places, for the holders together that one client names. */
const mostOfNamer = 0.75;

const serviceAccount = 'system:serviceaccount:';
const systemNamespace = `${serviceAccount}kube-system:`;

/**
 * Returns the holder that a user counts as: the user, or the namespace of a service account, because a tenant may create any
 * number of these. Only the cluster's administrators create those of kube-system, such as the HPA controller's.
 */
export function clientOf(user: string): string {
  if (!user.startsWith(serviceAccount) || user.startsWith(systemNamespace)) return user;
  return user.slice(0, user.indexOf(':', serviceAccount.length) + 1);
}

/** Names of users have no bound. Users whose names begin alike for so long take one share. */
const longestName = 200;

/**
 * Returns the namespace whose share of SLS a read takes. The HPA controller, and other parts of the cluster, read for the
 * namespace that they name. A service account reads for its own. Any other user could name ever new namespaces, and so has a
 * share of his own, which `shareText` tells from a namespace.
 */
export function shareOf(user: string, namespace: string): string {
  if (user.startsWith(serviceAccount) && !user.startsWith(systemNamespace))
    return user.slice(serviceAccount.length, user.indexOf(':', serviceAccount.length));
  return user === '' || user.startsWith('system:') ? namespace : `user ${user.slice(0, longestName)}`;
}

const namedByKeda = 'KEDA client ';

/**
 * Returns the share of a read that a client of KEDA's port names. That port knows no users: the client could name ever new
 * namespaces, or those of others. So the shares are its own, and they have bounds together, see `namerOf`.
 *
 * @param client its address, or the name in its certificate
 */
export const kedaShareOf = (client: string, namespace: string): string =>
  `${namedByKeda}${client.slice(0, longestName)} ${namespace}`;

/** Returns what the shares have in common that one client of KEDA's port names. Any other share stands alone: it is returned. */
export const namerOf = (share: string): string =>
  share.startsWith(namedByKeda) ? share.slice(0, share.lastIndexOf(' ')) : share;

/** Returns whose share it is, for messages. */
export function shareText(share: string): string {
  if (share.startsWith(namedByKeda)) return `namespace ${share.slice(share.lastIndexOf(' ') + 1)}`;
  return share.includes(' ') ? share : `namespace ${share}`;
}
