/** A key pair that requests may be signed with. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** If set, requests must have it as `x-acs-security-token`. */
  readonly securityToken?: string;
  /** When the security token expires, Unix ms. Default: never. */
  readonly expiresAtMs?: number;
  /** true: switched off in the RAM console. */
  readonly disabled?: boolean;
}

/** The parts of a request that a signature covers. Header names are lower case. */
export interface SignedRequest {
  readonly method: string;
  /** The path as sent, without the query string. */
  readonly path: string;
  /** Decoded query parameters. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Returns true for a header that signatures cover. The SDKs sign no `x-log-meta-…`. */
export const isSlsHeader = (name: string) =>
  name.startsWith('x-acs-') || (name.startsWith('x-log-') && !name.startsWith('x-log-meta-'));
