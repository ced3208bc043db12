import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  attacksIn,
  findAttacks,
  noScenario,
  pressesOn,
  pressureOn,
} from '../docs/generate/abuse-scenarios.ts';
import { boundedIn, findBounded } from '../docs/generate/bounds.ts';

const columns = 4;
const all = findBounded();
const attacks = findAttacks();

const namesIn = (text: string) => boundedIn('a.ts', text).map(({ name }) => name);

describe('bounds', () => {
  it('stand beside everything in src that can hold more and more', () => {
    const unbound = all.filter(({ bound }) => bound === undefined);
    const told = unbound.map(
      ({ file, name }) => `src/${file}: ${name} has no tag @bound (docs/security.md#bounds)`,
    );
    expect(told).toEqual([]);
  });

  it('have four parts: count, bytes, share of a client, setting', () => {
    const wrong = all.filter(({ bound = [] }) => bound.length !== columns || bound.includes(''));
    expect(wrong).toEqual([]);
  });

  it('are asked for by maps, sets, caches, queues, arrays and text that live in a class', () => {
    const text = `class A {
      readonly #a = new Map<string, string>();
      #b: readonly number[] = [];
      readonly #c: LRUCache<string, A>;
      #e = '';
      readonly #given: readonly string[];
      readonly #weak = new WeakMap<object, string>();
      #name = '';
      add(more: string) { this.#e += more; }
    }`;
    expect(namesIn(text)).toEqual(['#a', '#b', '#c', '#e']);
  });

  it('are asked for by mutable collections in an interface', () => {
    const text =
      'interface A { a: Map<string, string>; b: string[]; c: ReadonlyMap<string, string>; d: readonly string[] }';
    expect(namesIn(text)).toEqual(['a', 'b']);
  });

  it('are asked for by what a closure, or a loop that waits for input, adds to', () => {
    const text = `async function f(input) {
      const a = new Set(); const b = []; const c = new Set();
      let d = '';
      c.add(1);
      for await (const one of input) { b.push(one); d += one; }
      return () => a.add(1);
    }`;
    expect(namesIn(text)).toEqual(['a', 'b', 'd']);
  });

  it('may name constants of the file', () => {
    const text = `const maxBytes = 3 * 1024 ** 2; const max = 10_000;
      class A { /** All of them. More. @bound */ #no = 1;
        /**
         * All of them. More.
         *
         * @bound {max} | {maxBytes} | - | -
         */
        readonly #a = new Map(); }`;
    expect(boundedIn('a.ts', text)).toEqual([
      { file: 'a.ts', name: '#a', what: 'All of them.', bound: ['10,000', '3 MiB', '-', '-'] },
    ]);
    expect(() => boundedIn('a.ts', text.replaceAll('10_000', 'Infinity'))).toThrow(/\{max\}/);
  });
});

describe('each bound', () => {
  it('is attacked by a scenario of test/slow/abuse, or no attack can fill it', () => {
    const unpressed = all.filter((bounded) => pressureOn(attacks, bounded) === undefined);
    const told = unpressed.map(
      ({ file, name }) => `${file} ${name}: no scenario has "@attacks ${file} ${name}"`,
    );
    expect(told).toEqual([]);
  });

  it('and each file that a scenario names exists', () => {
    const isBound = (file: string, name: string) => all.some((one) => one.file === file && one.name === name);
    const wrong = attacks.flatMap(({ scenario, file, names }) => [
      ...(existsSync(resolve(import.meta.dirname, '../src', file))
        ? []
        : [`${scenario}: no file src/${file}`]),
      ...names.filter((name) => !isBound(file, name)).map((name) => `${scenario}: no bound ${file} ${name}`),
    ]);
    expect(wrong).toEqual([]);
  });

  it('that needs no scenario exists and has none', () => {
    const needless = Object.keys(noScenario).filter((key) => {
      const bounded = all.find(({ file, name }) => key === `${file} ${name}`);
      return bounded === undefined || attacks.some((attack) => pressesOn(attack, bounded));
    });
    expect(needless).toEqual([]);
  });

  it('may be named with others of its file, or by the file alone', () => {
    const text = '/**\n * @attacks a/b.ts #one two\n * @attacks c.ts\n */';
    expect(attacksIn('01-x', text)).toEqual([
      { scenario: '01-x', file: 'a/b.ts', names: ['#one', 'two'] },
      { scenario: '01-x', file: 'c.ts', names: [] },
    ]);
    expect(attacksIn('01-x', '/** @attacks c.ts */')).toEqual([
      { scenario: '01-x', file: 'c.ts', names: [] },
    ]);
  });
});
