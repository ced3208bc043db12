import { z } from 'zod';
import { credentialsSection } from './credentials-section.ts';
import { choice, formed, section, whole } from './leaf.ts';

const endpointError = 'must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088';

const breaker = {
  failures: whole(1, 100, 'After how many failures in a row a project is left alone for a while'),
  openSeconds: whole(
    1,
    300,
    'For how long it is left alone since the failing query was sent, before one tries whether it answers again',
  ),
};

/** What each project may have of its own. Without defaults: what a project leaves out is that of all. */
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
    'How many queries run at a time on a project; SLS runs 15, for all who ask',
  ),
};

export const slsSection = section({
  region: leaves.region.optional(),
  network: leaves.network.default('intranet'),
  endpoint: leaves.endpoint.optional(),
  credentials: credentialsSection.prefault({}),
  connectTimeoutSeconds: whole(1, 60, 'How long connecting to SLS may take').default(3),
  readTimeoutSeconds: whole(1, 60, 'How long SLS may take to answer one query').default(10),
  maxConcurrentQueries: leaves.maxConcurrentQueries.default(5),
  breaker: section({
    failures: breaker.failures.default(10),
    openSeconds: breaker.openSeconds.default(3),
  }).prefault({}),
});

export const slsOverride = section({
  ...leaves,
  credentials: credentialsSection.describe('Credentials of the project, in place of those of sls'),
  breaker: section(breaker).partial(),
}).partial();

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
}
