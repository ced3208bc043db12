/** The user of a request, as UserInfo of Kubernetes' authentication.k8s.io/v1. */
export interface User {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  /** Keys in lower case. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}
