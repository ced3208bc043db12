/** The key pair that requests must be signed with. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** Given: requests must carry it as `x-acs-security-token`. */
  readonly securityToken?: string;
}

/** What a signature covers of a request. Header names are lower case. */
export interface SignedRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** Decoded query parameters. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
