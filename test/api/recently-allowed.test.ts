import { describe, expect, it } from 'vitest';
import { RecentlyAllowed, recentMs } from '../../src/api/recently-allowed.ts';
import { TestClock } from '../support/test-clock.ts';

const user = () => ({ name: 'alice', groups: ['system:authenticated'], extra: {} });

describe('who was allowed a moment ago', () => {
  it('is let through for a second, and not when the clock goes back', () => {
    const clock = new TestClock();
    const recent = new RecentlyAllowed(clock);
    const alice = user();
    recent.add(alice, '/a');
    expect(recent.has(alice, '/a')).toBe(true);
    clock.advance(recentMs - 1);
    expect(recent.has(alice, '/a')).toBe(true);
    clock.advance(1);
    expect(recent.has(alice, '/a')).toBe(false);
    clock.advance(-recentMs - 1);
    expect(recent.has(alice, '/a')).toBe(false);
  });

  it('is let through nowhere else, and nobody else is', () => {
    const recent = new RecentlyAllowed(new TestClock());
    const alice = user();
    recent.add(alice, '/a');
    expect(recent.has(alice, '/b')).toBe(false);
    expect(recent.has(user(), '/a')).toBe(false);
    recent.add(user(), '/a');
    expect(recent.has(alice, '/a')).toBe(false);
  });

  it('is forgotten once thousands of other paths were asked for', () => {
    const recent = new RecentlyAllowed(new TestClock());
    const alice = user();
    recent.add(alice, '/a');
    for (let index = 0; index < 5000; index += 1) recent.add(alice, `/${index}`);
    expect(recent.has(alice, '/a')).toBe(false);
    const long = `/${'a'.repeat(2000)}`;
    recent.add(alice, long);
    expect(recent.has(alice, long)).toBe(false);
  });
});
