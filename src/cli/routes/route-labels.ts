import { checkLabelValue } from '../../grammar/label-selector.ts';
import { labelDefinitions, type LabelId } from '../../metric/labels.ts';

/**
 * Returns the labels by which a selector names a route: the whole route, or its parts if it is longer than a label value.
 * Exactly one of `namespaces` must be the start of a route that is given in parts.
 *
 * @returns undefined if no selector can name the route, or if its namespace is not certain
 */
export function routeLabels(
  route: string,
  namespaces: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (isTaken('route', route)) return { [labelDefinitions.route.name]: route };
  const [namespace, ...others] = new Set(namespaces.filter((name) => route.startsWith(`${name}-`)));
  if (namespace === undefined || others.length > 0) return undefined;
  const parts = serviceAndPort(route.slice(namespace.length + 1));
  if (parts === undefined || !isTaken('namespace', namespace)) return undefined;
  return {
    [labelDefinitions.namespace.name]: namespace,
    [labelDefinitions.service.name]: parts.service,
    [labelDefinitions.port.name]: parts.port,
  };
}

/** Any split gives the same route when its parts are joined again; most ports have no hyphen. */
function serviceAndPort(text: string): { readonly service: string; readonly port: string } | undefined {
  for (let at = text.lastIndexOf('-'); at > 0; at = text.lastIndexOf('-', at - 1)) {
    const [service, port] = [text.slice(0, at), text.slice(at + 1)];
    if (isTaken('service', service) && isTaken('port', port)) return { service, port };
  }
  return undefined;
}

function isTaken(id: LabelId, value: string): boolean {
  const { name, accepts } = labelDefinitions[id];
  try {
    checkLabelValue(name, value);
    return accepts(value);
  } catch {
    return false;
  }
}
