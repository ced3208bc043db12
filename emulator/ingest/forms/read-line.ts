import type { LogRecord } from '../../log-record.ts';
import { parseAckLine } from './ack-form.ts';
import { parseDefaultLine } from './default-form.ts';
import { gatewayForm, parseGatewayLine } from './gateway-form.ts';
import { hasRoute, parseJsonLine } from './json-form.ts';
import { parseJsonObject } from './json-text.ts';
import { nameErrorLog, nameOtherForm } from './other-form.ts';
import type { Unwrapped } from './wrapper.ts';

/** The forms of a log that are read, as a message names them. */
export const readableForms = {
  ack: "ACK's form",
  default: "ingress-nginx's default form",
  json: 'JSON with proxy_upstream_name',
} as const;

/** What a line is. */
type ReadLine =
  /** A request, in a form that is read. */
  | { readonly kind: 'request'; readonly form: string; readonly record: LogRecord }
  /** Anything else. `met` names what it is, and `isCollected` is false if ACK's collector does not read it at all. */
  | { readonly kind: 'other'; readonly met: string; readonly isCollected: boolean };

const nearAck = /^[^ ]+ - \[[^\]]*\] - /;
/** From the user agent on: the length, the time and the upstream name of the default form. */
const nearDefault = /^[^ ]+ - .*" [^ ]{1,20} [^ ]{1,20} \[[^\]]{0,300}\]/;

/** Reads the request of a line whose wrappers are off (`unwrap`). */
export function readLine({ text, timeSeconds, isStandardError }: Unwrapped): ReadLine {
  if (isStandardError) return { kind: 'other', met: 'standard error', isCollected: false };
  const object = parseJsonObject(text);
  if (object !== undefined && hasRoute(object)) {
    const parsed = parseJsonLine(object, timeSeconds);
    return parsed.kind === 'record'
      ? { kind: 'request', form: readableForms.json, record: parsed.record }
      : { kind: 'other', met: `JSON, but with ${parsed.reason}`, isCollected: true };
  }
  const gateway = object && gatewayForm(object);
  if (object !== undefined && gateway !== undefined) {
    const parsed = parseGatewayLine(object, timeSeconds);
    return parsed.kind === 'record'
      ? { kind: 'request', form: gateway, record: parsed.record }
      : { kind: 'other', met: `${gateway}, but with ${parsed.reason}`, isCollected: true };
  }
  const inDefault = parseDefaultLine(text);
  if (inDefault.kind === 'record')
    return { kind: 'request', form: readableForms.default, record: inDefault.record };
  const inAck = parseAckLine(text);
  if (inAck.kind === 'record') return { kind: 'request', form: readableForms.ack, record: inAck.record };
  const errorLog = nameErrorLog(text);
  if (errorLog !== undefined) return { kind: 'other', met: errorLog, isCollected: false };
  return { kind: 'other', met: nameOf(text, inAck.reason, inDefault.reason), isCollected: true };
}

function nameOf(text: string, ackReason: string, defaultReason: string): string {
  if (nearAck.test(text)) return `${readableForms.ack}, but with ${ackReason}`;
  if (nearDefault.test(text)) return `${readableForms.default}, but with ${defaultReason}`;
  return nameOtherForm(text) ?? 'an unknown form';
}
