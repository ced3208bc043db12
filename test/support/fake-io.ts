import { Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';

/** The process environment of a command. It keeps the output, and `end` stops the command. */
interface FakeIo {
  readonly io: Io;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends the command as SIGTERM or SIGINT does. */
  readonly end: (signalName: string) => void;
}

/** A fictitious key pair, so that no other credentials are searched for. */
export const someCredentials = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: 'some-id',
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'some-secret',
};

export function fakeIo(env: Io['env'] = someCredentials, clock: Io['clock'] = Date): FakeIo {
  const ended = new AbortController();
  const [stdout, stderr] = [keep(), keep()];
  return {
    io: {
      ...{ stdout: stdout.stream, stderr: stderr.stream, env, signal: ended.signal, clock },
      monotonicMs: () => performance.now(),
      random: () => 0.5,
    },
    stdout: stdout.text,
    stderr: stderr.text,
    end: (signalName) => ended.abort(signalName),
  };
}

/** A stream that is not a terminal. */
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
