import { AdapterError } from '../../errors.ts';

/** What stays of a text that somebody else wrote. */
const maxReasonLength = 500;

/**
 * Why an attempt failed, in one line without secrets. The library's messages repeat whole replies, and whole requests
 * with their query, so of a reply only what STS documents as its error is kept, and of a URL where it led.
 *
 * @param secrets what is known to be one and must not be in the result, in whatever encoding
 */
export function reasonOf(thrown: unknown, secrets: readonly string[] = []): string {
  const said = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const text = [withoutReplies, withoutQueries, withoutNowhere, withoutSecrets].reduce(
    (rest, step) => step(rest),
    said,
  );
  const known = secrets.filter((secret) => secret.length > 3).flatMap(spellings);
  const clean = known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return clean.replaceAll(/\s+/g, ' ').trim().slice(0, maxReasonLength);
}

/** What the library does, with the reason alone where it fails: its own errors are not kept as causes. */
export const reasoned = <T>(work: Promise<T>, secrets: readonly string[] = []): Promise<T> =>
  work.catch((thrown: unknown) => {
    throw thrown instanceof AdapterError ? thrown : new Error(reasonOf(thrown, secrets));
  });

/** Values that a name tells to be secret, and JSON Web Tokens. */
export const withoutSecrets = (text: string): string =>
  text
    .replace(
      /((?:(?:secret|token|password)\w*|\bsignature)(?:[\\"']*\s*[:=]\s*[\\"']*|%(?:25)*3[dD]))[^\\"',}\s&]+/gi,
      '$1***',
    )
    .replace(/\beyJ[\w-]+(?:\.[\w-]+)*/g, '***');

const withoutQueries = (text: string): string => text.replace(/(https?:\/\/[^\s?]+)\?\S*/g, '$1');

/** Where no URI of credentials is set, the chain of the library ends in asking one that is called undefined. */
const withoutNowhere = (text: string): string =>
  text.replace(/(, )?getaddrinfo \w+ undefinedGET https:\/\/undefined\S* failed\.?/, '');

/** After these the library puts a reply as it came; one that is no JSON may hold anything. */
const replyFollows =
  /((?:unmarshal fail|json parse failed|with OIDC|session token failed|result): |message = )(?!\{)\S.*$/s;

function withoutReplies(text: string): string {
  const start = text.indexOf('{');
  if (start < 0) return text.replace(replyFollows, '$1a reply that is not JSON');
  const end = text.lastIndexOf('}');
  const reply = text.slice(start, end < start ? undefined : end + 1);
  const before = text.slice(0, start).replace(replyFollows, '$1');
  const after = end < start ? '' : text.slice(end + 1);
  return `${before}${documentedError(reply)}${/^[.,]/.test(after) ? after : ''}`;
}

/** Source: STS, "Error responses": `{"RequestId", "HostId", "Code", "Message"}`. */
function documentedError(reply: string): string {
  const valueOf = (name: string) =>
    new RegExp(`\\\\*"${name}\\\\*"\\s*:\\s*\\\\*"([^"\\\\]*)`).exec(reply)?.[1]?.trim();
  const code = valueOf('Code');
  if (!code || !/^[\w.]+$/.test(code) || code === 'Success') return 'a reply without an error code';
  // A signature that does not match is answered with all that was signed, the security token with it.
  const message = valueOf('Message')?.replace(/[.\s]*(server string to sign.*)?$/is, '');
  const requestId = valueOf('RequestId');
  const more = [message, requestId && `request ${requestId}`].filter(Boolean).join('; ');
  return more === '' ? code : `${code} (${more})`;
}

const spellings = (secret: string): string[] => {
  const encoded = encodeURIComponent(secret);
  return [secret, encoded, encodeURIComponent(encoded)];
};
