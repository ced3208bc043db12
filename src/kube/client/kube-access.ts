import type { Agent } from 'node:http';

/** What a connection is made with. PEM; as in `tls.connect`. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface KubeCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** Where connections go through a proxy. */
  readonly proxyAgent?: Agent;
}

/** Where the API server is, and as whom we call it. */
export interface KubeAccess {
  /** `https://{host}:{port}`, with a path where it stands behind one. */
  readonly server: URL;
  /** Asked before each call, since tokens and certificates are renewed. */
  credentials(): Promise<KubeCredentials>;
  /** The API server did not accept the credentials: get new ones the next time. */
  expire(): void;
}
