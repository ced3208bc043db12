import { expect, it } from 'vitest';
import { tellAll } from '../../src/telemetry/tell-all.ts';

interface Observer {
  opened(name: string, count: number): void;
  closed(name: string): void;
}

class Recorder implements Observer {
  readonly #calls: string[];
  readonly #prefix: string;

  constructor(calls: string[], prefix: string) {
    this.#calls = calls;
    this.#prefix = prefix;
  }

  opened(name: string, count: number): void {
    this.#calls.push(`${this.#prefix} opened ${name} ${count}`);
  }

  closed(name: string): void {
    this.#calls.push(`${this.#prefix} closed ${name}`);
  }
}

it.each(['an instance', 'an object'])(
  'passes each event to all observers in order, if %s is first',
  (kind) => {
    const calls: string[] = [];
    const instance = new Recorder(calls, 'first');
    const object: Observer = {
      opened: (...event) => instance.opened(...event),
      closed: (...event) => instance.closed(...event),
    };
    const all = tellAll<Observer>(
      kind === 'an instance' ? instance : object,
      { closed: (name) => void calls.push(`second closed ${name}`) },
      new Recorder(calls, 'third'),
    );
    all.opened('a', 1);
    all.closed('a');
    expect(calls).toEqual([
      'first opened a 1',
      'third opened a 1',
      'first closed a',
      'second closed a',
      'third closed a',
    ]);
  },
);
