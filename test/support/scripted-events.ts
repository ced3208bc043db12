import { StatusFailure } from './kube-status.ts';

type Fields = Readonly<Record<string, unknown>>;

export type EventEndpoint = 'event.create' | 'event.patch';

const pathPattern =
  /^\/apis\/events\.k8s\.io\/v1\/namespaces\/(?<namespace>[^/]+)\/events(?:\/(?<name>[^/]+))?$/;

export function eventEndpointOf(method: string, pathname: string): EventEndpoint | undefined {
  const { groups } = pathPattern.exec(pathname) ?? {};
  if (groups === undefined) return undefined;
  if (method === 'POST' && groups['name'] === undefined) return 'event.create';
  return method === 'PATCH' && groups['name'] !== undefined ? 'event.patch' : undefined;
}

/** The most bytes of each text that must be there. */
const texts = { reportingInstance: 128, action: 128, reason: 128, note: 1024, eventTime: 40 } as const;
const fields = [
  'apiVersion',
  'kind',
  'metadata',
  'type',
  'regarding',
  'reportingController',
  ...Object.keys(texts),
];

/** Events of events.k8s.io/v1, refused where the real API server refuses them. */
export class ScriptedEvents {
  /** Oldest first. */
  readonly all: Fields[] = [];

  /** @throws StatusFailure 400 or 422 */
  create(pathname: string, body: unknown): Fields {
    const { namespace } = pathPattern.exec(pathname)?.groups ?? {};
    const event = body as Fields;
    const { metadata, regarding } = event as { metadata: Fields; regarding: Fields };
    const unknown = Object.keys(event).filter((name) => !fields.includes(name));
    if (unknown.length > 0) throw new StatusFailure(400, 'BadRequest', `unknown field "${unknown.join()}"`);
    for (const [name, most] of Object.entries(texts)) {
      const value = event[name];
      if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > most)
        throw invalid(`${name}: Required value, of at most ${most} bytes`);
    }
    if (!/^[A-Za-z0-9][-\w.]*$/.test(String(event['reportingController'])))
      throw invalid('reportingController: must be a qualified name');
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(event['eventTime'])))
      throw new StatusFailure(400, 'BadRequest', 'eventTime: cannot be parsed');
    if (event['type'] !== 'Warning' && event['type'] !== 'Normal') throw invalid('type: unknown');
    if (metadata['namespace'] !== namespace || regarding['namespace'] !== namespace)
      throw invalid('regarding.namespace: does not match event.namespace');
    const base = String(metadata['generateName']);
    if (!/^[a-z0-9][-a-z0-9.]*-$/.test(base)) throw invalid('metadata.generateName: must be a subdomain');
    const name = `${base}${this.all.length}`;
    const stored = { ...event, metadata: { ...metadata, name } };
    this.all.push(stored);
    return stored;
  }

  /** Of all fields the series alone may change. @throws StatusFailure 404 or 422 */
  patch(pathname: string, body: unknown): Fields {
    const { name } = pathPattern.exec(pathname)?.groups ?? {};
    const index = this.all.findIndex((event) => (event['metadata'] as Fields)['name'] === name);
    const event = this.all[index];
    if (event === undefined) throw new StatusFailure(404, 'NotFound', `events "${name}" not found`);
    const { series, ...rest } = body as { series?: { count?: number; lastObservedTime?: string } };
    if (Object.keys(rest).length > 0) throw invalid('field is immutable');
    if (series?.lastObservedTime === undefined || !((series.count ?? 0) >= 2))
      throw invalid('series.count: should be at least 2; lastObservedTime: Required value');
    return (this.all[index] = { ...event, series });
  }
}

const invalid = (message: string) => new StatusFailure(422, 'Invalid', message);
