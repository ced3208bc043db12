/**
 * Which representation an Accept header asks for, by the rules of Kubernetes.
 *
 * Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation. Where that reads RFC 9110 loosely, the RFC holds:
 * types are compared without case, and q=0 refuses.
 */

/** What objects are served as. Where a client leaves the choice open, the first. */
export const objectMediaTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
] as const;

export type ObjectMediaType = (typeof objectMediaTypes)[number];

/** Another kind that the answer is to be turned into: the parameters `g`, `v` and `as` of a media type. */
export interface Transform {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Choice<T extends string> {
  readonly mediaType: T;
  readonly transform: Transform | undefined;
  /** Indented, for people: the parameter `pretty=1`. */
  readonly pretty: boolean;
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * @param accept the header; undefined or empty where there is none, which takes anything
 * @param offers media types, the preferred one first
 * @param serves whether the answer can be turned into that; undefined: the answer as it is
 * @returns undefined where nothing on offer is acceptable
 */
export function negotiate<T extends string>(
  accept: string | undefined,
  offers: readonly T[],
  serves: (transform: Transform | undefined) => boolean = (transform) => transform === undefined,
): Choice<T> | undefined {
  const clauses = parseAccept(accept === undefined || accept === '' ? '*/*' : accept);
  const refused = new Set(
    clauses.filter(({ quality }) => quality === 0).map(({ type, subtype }) => `${type}/${subtype}`),
  );
  for (const clause of clauses) {
    if (clause.quality === 0 || !isPlain(clause)) continue;
    const transform = transformOf(clause);
    if (!serves(transform)) continue;
    const mediaType = offers.find((offer) => matches(clause, offer) && !refused.has(offer));
    if (mediaType !== undefined)
      return { mediaType, transform, pretty: clause.parameters.get('pretty') === '1' };
  }
  return undefined;
}

/** By preference: quality, then the narrower range, then the order written. */
function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const text of header.split(',')) {
    const [range = '', ...parameterTexts] = text.split(';');
    const [type = '', subtype = type === '*' ? '*' : '', ...rest] = range.trim().toLowerCase().split('/');
    if (type === '' || subtype === '' || rest.length > 0) continue;
    const parameters = new Map<string, string>();
    for (const parameterText of parameterTexts) {
      const [name = '', value = ''] = parameterText.split('=');
      parameters.set(name.trim().toLowerCase(), value.trim());
    }
    const quality = Number(parameters.get('q') ?? 1);
    clauses.push({ type, subtype, quality: quality > 0 ? quality : 0, parameters });
  }
  return clauses.sort((a, b) => b.quality - a.quality || breadth(a) - breadth(b));
}

const breadth = ({ type, subtype }: Clause) => Number(type === '*') + Number(subtype === '*');

function matches({ type, subtype }: Clause, offer: string): boolean {
  if (type === '*') return subtype === '*';
  return subtype === '*' ? offer.startsWith(`${type}/`) : offer === `${type}/${subtype}`;
}

/** Neither another stream than that of a watch, which a read may ask for in vain, nor a server version. */
function isPlain({ parameters }: Clause): boolean {
  const stream = parameters.get('stream') ?? '';
  return (stream === '' || stream === 'watch') && (parameters.get('sv') ?? '') === '';
}

function transformOf({ parameters }: Clause): Transform | undefined {
  const [group, version, kind] = [parameters.get('g'), parameters.get('v'), parameters.get('as')];
  if (group === undefined && version === undefined && kind === undefined) return undefined;
  return { group: group ?? '', version: version ?? '', kind: kind ?? '' };
}

/** What strconv.ParseBool of Go takes for true. */
const trueWords: readonly unknown[] = ['1', 't', 'T', 'true', 'True', 'TRUE'];
const humanAgents = /^(curl|Wget|Mozilla\/5\.0)/;

/**
 * Whether JSON is indented where the Accept header does not say so.
 *
 * @param pretty the query parameter, which a client of whatever name may set either way
 */
export function isReadByHuman(pretty: unknown, userAgent: string | undefined): boolean {
  if (pretty !== undefined && pretty !== '') return trueWords.includes(pretty);
  return humanAgents.test(userAgent ?? '');
}
