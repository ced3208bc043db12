import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { createCa } from '../../support/certificates.ts';

/** The host of STS in the VPC. A proxy of a test leads to us from there. */
export const vpcSts = 'sts-vpc.cn-beijing.aliyuncs.com';

/** Who may assume which role. */
export interface StsRules {
  readonly caller: { readonly id: string; readonly secret: string; readonly token?: string };
  readonly oidc: { readonly providerArn: string; readonly token: string };
  readonly roleArn: string;
  readonly externalId?: string;
  readonly session: { readonly id: string; readonly secret: string; readonly token: string };
  /** Seconds from now; default: as requested. */
  readonly expiresIn?: number;
}

export interface Sts extends AsyncDisposable {
  /** `127.0.0.1:port`, as `stsEndpoint` takes it. */
  readonly endpoint: string;
  rules: StsRules;
  /** Replies that replace the rules, one request each. */
  readonly replies: { readonly status: number; readonly body: string }[];
  /** Parameters of each request, from query and body. */
  readonly requests: Readonly<Record<string, string>>[];
}

interface Refusal {
  readonly status: number;
  readonly Code: string;
  readonly Message: string;
}

/** Starts an STS on loopback over TLS, which this process trusts from then on. It accepts nothing that the real STS would refuse. */
export async function startSts(rules: StsRules): Promise<Sts> {
  const ca = await createCa('sts');
  const pair = await ca.issue({ eku: 'server', sans: ['127.0.0.1', 'sts.invalid', vpcSts] });
  tls.setDefaultCACertificates([...tls.getCACertificates(), ca.certificate]);
  const sts = { rules, replies: [] as Sts['replies'], requests: [] as Sts['requests'] };
  const server = https.createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'https://sts');
      const parameters = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
      sts.requests.push(parameters);
      const scripted = sts.replies.shift();
      const json = { 'content-type': 'application/json' };
      if (scripted !== undefined) return response.writeHead(scripted.status).end(scripted.body);
      const refusal =
        request.method !== 'POST' || url.pathname !== '/'
          ? { status: 404, Code: 'InvalidAction.NotFound', Message: 'no such action' }
          : refusalOf(parameters, sts.rules);
      if (refusal !== undefined) {
        const { status, ...error } = refusal;
        return response
          .writeHead(status, json)
          .end(JSON.stringify({ RequestId: 'R-1', HostId: 'sts', ...error }));
      }
      return response.writeHead(200, json).end(JSON.stringify(grant(parameters, sts.rules)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(sts, {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function grant(
  { DurationSeconds }: Readonly<Record<string, string>>,
  { session, expiresIn }: StsRules,
): object {
  const endMs = Date.now() + (expiresIn ?? Number(DurationSeconds)) * 1000;
  const { id: AccessKeyId, secret: AccessKeySecret, token: SecurityToken } = session;
  const Expiration = new Date(endMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return { RequestId: 'R-1', Credentials: { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } };
}

function refusalOf(parameters: Readonly<Record<string, string>>, rules: StsRules): Refusal | undefined {
  const {
    Action,
    Version,
    Format,
    Timestamp = '',
    RoleArn,
    RoleSessionName = '',
    DurationSeconds,
  } = parameters;
  const refuse = (status: number, Code: string, Message: string): Refusal => ({ status, Code, Message });
  if (Version !== '2015-04-01' || Format !== 'JSON') return refuse(400, 'InvalidVersion', 'no such version');
  if (!(Math.abs(Date.parse(Timestamp) - Date.now()) < 900_000))
    return refuse(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
  if (!/^[\w.@-]{2,64}$/.test(RoleSessionName))
    return refuse(
      400,
      'InvalidParameter.RoleSessionName',
      'The parameter RoleSessionName is wrongly formed.',
    );
  if (!(Number(DurationSeconds) >= 900 && Number(DurationSeconds) <= 43_200))
    return refuse(
      400,
      'InvalidParameter.DurationSeconds',
      'The Min/Max value of DurationSeconds is 15min/1hr.',
    );
  const caller =
    Action === 'AssumeRole' ? signatureRefusal(parameters, rules) : tokenRefusal(parameters, rules);
  if (caller !== undefined) return caller;
  if (RoleArn !== rules.roleArn)
    return refuse(404, 'EntityNotExist.Role', `The role not exists: ${RoleArn}.`);
  if (parameters['ExternalId'] !== rules.externalId)
    return refuse(
      403,
      'NoPermission',
      'You are not authorized to do this action. You should be authorized by RAM.',
    );
  return undefined;
}

function tokenRefusal(parameters: Readonly<Record<string, string>>, { oidc }: StsRules): Refusal | undefined {
  const { Action, OIDCProviderArn, OIDCToken = '', AccessKeyId, Signature } = parameters;
  if (Action !== 'AssumeRoleWithOIDC' || AccessKeyId !== undefined || Signature !== undefined)
    return { status: 400, Code: 'InvalidAction', Message: 'not an anonymous action' };
  if (OIDCProviderArn !== oidc.providerArn)
    return { status: 404, Code: 'EntityNotExist.OIDCProvider', Message: 'The OIDC provider does not exist.' };
  if (OIDCToken !== oidc.token)
    // The worst case: the reply repeats the token.
    return {
      status: 400,
      Code: 'AuthenticationFail.OIDCToken.Invalid',
      Message: `This token is invalid: ${OIDCToken}`,
    };
  return undefined;
}

/** Source: Alibaba Cloud, "RPC API: signature method". */
function signatureRefusal(all: Readonly<Record<string, string>>, { caller }: StsRules): Refusal | undefined {
  const { Signature, ...signed } = all;
  if (signed['AccessKeyId'] !== caller.id)
    return {
      status: 404,
      Code: 'InvalidAccessKeyId.NotFound',
      Message: 'Specified access key is not found.',
    };
  if (signed['SecurityToken'] !== caller.token)
    return {
      status: 400,
      Code: 'InvalidSecurityToken.Malformed',
      Message: 'Specified SecurityToken is malformed.',
    };
  const encode = (text: string) =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const canonical = Object.entries(signed)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const text = `POST&${encode('/')}&${encode(canonical)}`;
  if (createHmac('sha1', `${caller.secret}&`).update(text).digest('base64') === Signature) return undefined;
  // The real STS repeats what it signed.
  const Message = `Specified signature is not matched with our calculation. server string to sign is:${text}`;
  return { status: 400, Code: 'SignatureDoesNotMatch', Message };
}
