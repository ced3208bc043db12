import { InvalidArgumentError } from 'commander';
import { AdapterError } from '../src/errors.ts';

/** Returns the error for a flag that cannot be used this way. */
export const wrongFlag = (message: string, cause?: unknown): AdapterError =>
  new AdapterError('ConfigInvalid', message, { cause, remedy: 'See --help and emulator/README.md.' });

/** Parses a share, such as 0.1. */
export function parseShare(text: string): number {
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(text)) throw new InvalidArgumentError('It must be a share from 0 to 1.');
  return Number(text);
}

export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new InvalidArgumentError('It must be a port, a whole number from 0 to 65535.');
  }
  return Number(text);
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Parses an address such as `127.0.0.1:8088`, `[::1]:8088` or `localhost:0`. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65535) {
    throw new InvalidArgumentError('It must be an address and a port, such as 127.0.0.1:8088.');
  }
  return { host, port: Number(port) };
}
