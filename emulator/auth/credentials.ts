/** The key pair that requests must be signed with. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** If set, requests must have it as `x-acs-security-token`. */
  readonly securityToken?: string;
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
