import { z } from 'zod';
import { credentialsSection } from './credentials-section.ts';
import { choice, formed, section, whole } from './leaf.ts';

const endpointError = 'must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088';

const breaker = {
  failures: whole(
    1,
    100,
    'After how many failures in a row no more queries are sent to a project for a while',
  ),
  openSeconds: whole(
    1,
    300,
    'How long no queries are sent, measured from when the last failing query was sent; then one query probes',
  ),
};

/** Settings that a project may override. They have no defaults: what a project leaves out is inherited. */
const leaves = {
  region: formed(
    /^[a-z0-9-]+$/,
    'must be a region such as cn-beijing',
    'Region of the SLS projects, for example cn-beijing',
  ),
  network: choice(
    ['intranet', 'public', 'accelerate'],
    'Which endpoint of the region is used; the label sls.internal.endpoint overrides it',
  ),
  endpoint: z
    .url({ error: endpointError })
    .refine(isEndpoint, { error: endpointError })
    .describe('Endpoint of SLS as a URL; overrides region, network and the label sls.internal.endpoint'),
  maxConcurrentQueries: whole(
    1,
    100,
    'How many queries may run on a project at a time; SLS allows 15, shared by all clients',
  ),
};

export const slsSection = section({
  region: leaves.region.optional(),
  network: leaves.network.default('intranet'),
  endpoint: leaves.endpoint.optional(),
  credentials: credentialsSection.prefault({}),
  connectTimeoutSeconds: whole(1, 60, 'How long a connection to SLS may take to open').default(3),
  readTimeoutSeconds: whole(1, 60, 'How long SLS may take to answer one query').default(10),
  maxConcurrentQueries: leaves.maxConcurrentQueries.default(5),
  breaker: section({
    failures: breaker.failures.default(10),
    openSeconds: breaker.openSeconds.default(3),
  }).prefault({}),
});

export const slsOverride = section({
  ...leaves,
  credentials: credentialsSection.describe('Credentials for the project, instead of those in sls'),
  breaker: section(breaker).partial(),
}).partial();

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
}
