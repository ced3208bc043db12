import { z } from 'zod';
import { credentialsSection } from './credentials-section.ts';
import { choice, formed, inheriting, section, whole } from './leaf.ts';

const endpointError = 'must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088';

/** The name of a host begins with it: `cn-beijing-intranet.log.aliyuncs.com`. */
const withNetwork =
  'must be a region without its network, such as cn-beijing: sls.network (--network) chooses the endpoint, and intranet is the default';

export const slsSection = section({
  region: formed(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be a region such as cn-beijing',
    'Region of the SLS projects, for example cn-beijing',
  )
    .refine((name) => !/-(intranet|vpc|internal|share)$/.test(name), { error: withNetwork })
    .optional(),
  network: choice(
    ['intranet', 'public', 'accelerate'],
    'Which endpoint of the region is used; the label sls.internal.endpoint overrides it',
  ).default('intranet'),
  endpoint: z
    .url({ error: endpointError })
    .refine(isEndpoint, { error: endpointError })
    .describe('Endpoint of SLS as a URL; overrides region, network and the label sls.internal.endpoint')
    .optional(),
  credentials: credentialsSection.prefault({}),
  connectTimeoutSeconds: whole(1, 60, 'How long a connection to SLS may take to open').default(3),
  readTimeoutSeconds: whole(1, 60, 'How long SLS may take to answer one query').default(10),
  maxConcurrentQueries: whole(
    1,
    100,
    'How many queries may run on a project at a time, those of one namespace on half of the places; SLS allows 15, shared by all clients',
  ).default(5),
  maxQueriesPerSecond: whole(
    1,
    1000,
    'How many queries a second are sent to SLS, all projects together; the namespaces that wait take turns',
  ).default(20),
  breaker: section({
    failures: whole(
      1,
      100,
      'After how many failures in a row no more queries are sent to a project for a while',
    ).default(10),
    openSeconds: whole(
      1,
      300,
      'How long no queries are sent, measured from when the last failing query was sent; then one query probes',
    ).default(3),
  }).prefault({}),
});

export const slsOverride = section({
  ...inheriting(
    slsSection.omit({
      connectTimeoutSeconds: true,
      readTimeoutSeconds: true,
      maxQueriesPerSecond: true,
      credentials: true,
    }),
  ).shape,
  credentials: credentialsSection.describe('Credentials for the project, instead of those in sls').optional(),
});

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  // URL takes a host such as ${REGION}.log.aliyuncs.com, which no DNS has.
  const isHost = /^([a-z0-9]([-_.a-z0-9]*[a-z0-9])?|\[[0-9a-f:.]+\])$/.test(url.hostname);
  return isHost && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
}
