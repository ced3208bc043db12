import { Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';

/** A process to run commands in: it keeps what is written, and ends when told to. */
export interface FakeIo {
  readonly io: Io;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As SIGTERM or SIGINT does. */
  readonly end: (signalName: string) => void;
}

/** Key pair of no one, so that no other credentials are looked for. */
export const someCredentials = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'some-id',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'some-secret',
};

export function fakeIo(env: Io['env'] = someCredentials, clock: Io['clock'] = Date): FakeIo {
  const ended = new AbortController();
  const [stdout, stderr] = [keep(), keep()];
  return {
    io: { stdout: stdout.stream, stderr: stderr.stream, env, signal: ended.signal, clock, random: () => 0.5 },
    stdout: stdout.text,
    stderr: stderr.text,
    end: (signalName) => ended.abort(signalName),
  };
}

/** A stream of no terminal. */
function keep(): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => chunks.join('') };
}
