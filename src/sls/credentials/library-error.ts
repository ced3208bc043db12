import { AdapterError } from '../../errors.ts';
import { withoutKeys } from '../shown-text.ts';

const maxReasonLength = 500;
/** The library puts whole replies into its messages. */
const maxReadLength = 16_384;

/**
 * Returns why a call of `@alicloud/credentials` failed, in one line and without secrets. Its messages repeat whole
 * replies, and whole requests with their query. Of a reply, this keeps only what STS documents as its error; of a URL,
 * only the part before the query.
 *
 * @param secrets known secrets, which the result must not contain in any encoding
 */
export function libraryReason(thrown: unknown, secrets: readonly string[] = []): string {
  const said = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const message = said.slice(0, maxReadLength);
  const text = [withoutReplies, withoutQueries, withoutNamedSecrets].reduce(
    (rest, step) => step(rest),
    message,
  );
  return withoutKeys(text, secrets).replaceAll(/\s+/g, ' ').trim().slice(0, maxReasonLength);
}

/** Waits for a call of the library. A failure keeps the reason alone: the library's own error is not its cause. */
export const withLibraryReason = <T>(work: Promise<T>, secrets: readonly string[] = []): Promise<T> =>
  work.catch((thrown: unknown) => {
    throw thrown instanceof AdapterError ? thrown : new Error(libraryReason(thrown, secrets));
  });

/** Hides values whose name says that they are secret, and JSON Web Tokens. */
export const withoutNamedSecrets = (text: string): string =>
  text
    .replace(
      /((?:(?:secret|token|password)\w*|\bsignature)(?:[\\"']*\s*[:=]\s*[\\"']*|%(?:25)*3[dD]))[^\\"',}\s&]+/gi,
      '$1***',
    )
    .replace(/\beyJ[\w-]+(?:\.[\w-]+)*/g, '***');

const withoutQueries = (text: string): string => text.replace(/(https?:\/\/[^\s?]+)\?\S*/g, '$1');

/** After these words, the library repeats a reply as it came. A reply that is not JSON may contain anything. */
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
  const valueOf = (form: RegExp) => form.exec(reply)?.[1]?.trim();
  const code = valueOf(/"Code\\*"\s*:\s*\\*"([^"\\]*)/);
  if (!code || !/^[\w.]+$/.test(code) || code === 'Success') return 'a reply without an error code';
  // For a signature that does not match, STS repeats everything that was signed, including the security token.
  const message = valueOf(/"Message\\*"\s*:\s*\\*"([^"\\]*)/)?.replace(
    /(?<![.\s])[.\s]*(server string to sign.*)?$/is,
    '',
  );
  const requestId = valueOf(/"RequestId\\*"\s*:\s*\\*"([^"\\]*)/);
  const more = [message, requestId && `request ${requestId}`].filter(Boolean).join('; ');
  return more === '' ? code : `${code} (${more})`;
}
