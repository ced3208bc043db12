import type { Endpoint } from './endpoint.ts';

/** Where one logstore is. */
export interface LogstoreAddress {
  readonly endpoint: Endpoint;
  readonly project: string;
  readonly logstore: string;
}

/** What a message calls it. */
export const logstoreName = ({ project, logstore }: Omit<LogstoreAddress, 'endpoint'>) =>
  `project ${project}, logstore ${logstore}`;

/** Equal for two addresses exactly when they are the same logstore, asked over the same endpoint: no part has a slash. */
export const logstoreKey = ({ endpoint, project, logstore }: LogstoreAddress): string =>
  `${endpoint.protocol}://${endpoint.authority}/${project}/${logstore}`;
