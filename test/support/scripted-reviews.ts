import { StatusFailure } from './kube-status.ts';

/** A user, as in TokenReview and SubjectAccessReview. */
export interface ScriptedUser {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface AskedAccess {
  readonly user: ScriptedUser;
  readonly resource?: {
    readonly namespace: string;
    readonly verb: string;
    readonly group: string;
    readonly version: string;
    readonly resource: string;
    /** Undefined: all objects. */
    readonly name?: string;
  };
  readonly path?: { readonly path: string; readonly verb: string };
}

/** `true`: allowed; `false`: no rule allows it; an object: the whole `status`. */
export type AccessAnswer = boolean | { readonly allowed: boolean; readonly [field: string]: unknown };

type Fields = Readonly<Record<string, unknown>>;

/**
 * Answers a TokenReview.
 *
 * @param tokens users by token
 * @throws StatusFailure on a body that the real server refuses, and on fields that it would drop with a warning
 */
export function answerTokenReview(body: unknown, tokens: ReadonlyMap<string, ScriptedUser>): unknown {
  const review = reviewOf(body, 'authentication.k8s.io/v1', 'TokenReview', ['token']);
  const { token } = review;
  if (typeof token !== 'string' || token === '')
    throw new StatusFailure(400, 'BadRequest', 'token is required for TokenReview in authentication');
  const user = tokens.get(token);
  const status =
    user === undefined
      ? { user: {}, error: '[invalid bearer token, token lookup failed]' }
      : { authenticated: true, user, audiences: ['https://kubernetes.default.svc'] };
  return { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec: review, status };
}

/** @throws StatusFailure as above */
export function answerAccessReview(body: unknown, decide: (asked: AskedAccess) => AccessAnswer): unknown {
  const spec = reviewOf(body, 'authorization.k8s.io/v1', 'SubjectAccessReview', [
    'user',
    'uid',
    'groups',
    'extra',
    'resourceAttributes',
    'nonResourceAttributes',
  ]);
  const answer = decide(askedOf(spec));
  const status = typeof answer === 'boolean' ? { allowed: answer } : answer;
  return { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}

/** Answers a SelfSubjectAccessReview. @throws StatusFailure as above */
export function answerSelfAccessReview(
  body: unknown,
  self: ScriptedUser,
  decide: (asked: AskedAccess) => AccessAnswer,
): unknown {
  const kind = 'SelfSubjectAccessReview';
  const attributes = ['resourceAttributes', 'nonResourceAttributes'];
  const spec = reviewOf(body, 'authorization.k8s.io/v1', kind, attributes);
  const answer = decide({ ...askedOf({ ...spec, user: self.username }), user: self });
  const status = typeof answer === 'boolean' ? { allowed: answer } : answer;
  return { kind, apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}

function askedOf({
  user,
  uid,
  groups,
  extra,
  resourceAttributes,
  nonResourceAttributes,
}: Fields): AskedAccess {
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined))
    throw invalid('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  if (groups !== undefined) strings(groups, 'spec.groups');
  if ((user ?? '') === '' && ((groups ?? []) as string[]).length === 0)
    throw invalid('at least one of user or group must be specified');
  const values = extra === undefined ? {} : record(extra, 'spec.extra');
  for (const [key, value] of Object.entries(values)) {
    if (key !== key.toLowerCase()) throw invalid(`spec.extra key ${key} is not in lower case`);
    strings(value, `spec.extra[${key}]`);
  }
  return {
    user: {
      username: text(user ?? '', 'spec.user'),
      ...(uid === undefined ? {} : { uid: text(uid, 'spec.uid') }),
      groups: (groups ?? []) as string[],
      extra: values as Record<string, string[]>,
    },
    ...(resourceAttributes === undefined
      ? {}
      : {
          resource: resourceOf(resourceAttributes),
        }),
    ...(nonResourceAttributes === undefined
      ? {}
      : { path: allText(nonResourceAttributes, 'nonResourceAttributes', ['path', 'verb']) }),
  };
}

/** Returns the attributes, without an empty name. */
function resourceOf(attributes: unknown): NonNullable<AskedAccess['resource']> {
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'name'] as const;
  const { name, ...rest } = allText(attributes, 'resourceAttributes', names);
  return name === '' ? rest : { ...rest, name };
}

function reviewOf(body: unknown, apiVersion: string, kind: string, fields: readonly string[]): Fields {
  const review = record(body, 'body');
  known(review, ['apiVersion', 'kind', 'metadata', 'spec', 'status'], '');
  if (review['apiVersion'] !== apiVersion)
    throw new StatusFailure(
      400,
      'BadRequest',
      `the API version in the data (${String(review['apiVersion'])}) does not match the expected API version (${apiVersion})`,
    );
  if (review['kind'] !== kind)
    throw new StatusFailure(
      400,
      'BadRequest',
      `no kind "${String(review['kind'])}" is registered for ${apiVersion}`,
    );
  const spec = record(review['spec'], 'spec');
  known(spec, fields, 'spec.');
  return spec;
}

function allText<Name extends string>(
  value: unknown,
  what: string,
  names: readonly Name[],
): Record<Name, string> {
  const fields = record(value, what);
  known(fields, names, `spec.${what}.`);
  return Object.fromEntries(names.map((name) => [name, text(fields[name] ?? '', name)])) as Record<
    Name,
    string
  >;
}

function known(fields: Fields, names: readonly string[], prefix: string): void {
  const unknown = Object.keys(fields).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new StatusFailure(
      400,
      'BadRequest',
      `strict decoding error: unknown field "${prefix}${unknown.join()}"`,
    );
}

function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw cannotDecode(what);
  return value as Fields;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw cannotDecode(what);
  return value;
}

function strings(value: unknown, what: string): void {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) throw cannotDecode(what);
}

const cannotDecode = (what: string) =>
  new StatusFailure(400, 'BadRequest', `json: cannot unmarshal into Go struct field ${what}`);

const invalid = (message: string) => new StatusFailure(422, 'Invalid', message);
