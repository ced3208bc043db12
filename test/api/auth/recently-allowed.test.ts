import { describe, expect, it } from 'vitest';
import { RecentlyAllowed, recentMs } from '../../../src/api/auth/recently-allowed.ts';

const nowMs = Date.UTC(2026, 0);
const user = () => ({ name: 'alice', groups: ['system:authenticated'], extra: {} });

describe('who was allowed a moment ago', () => {
  it('is let through for a second, and not when the clock goes back', () => {
    const recent = new RecentlyAllowed();
    const alice = user();
    recent.add(alice, '/a', nowMs);
    const after = [0, recentMs - 1, recentMs, -1].map((ms) => recent.has(alice, '/a', nowMs + ms));
    expect(after).toEqual([true, true, false, false]);
  });

  it('is let through nowhere else, and nobody else is', () => {
    const recent = new RecentlyAllowed();
    const alice = user();
    recent.add(alice, '/a', nowMs);
    expect(recent.has(alice, '/b', nowMs)).toBe(false);
    expect(recent.has(user(), '/a', nowMs)).toBe(false);
    recent.add(user(), '/a', nowMs);
    expect(recent.has(alice, '/a', nowMs)).toBe(false);
  });

  it('is forgotten once thousands of other paths were asked for', () => {
    const recent = new RecentlyAllowed();
    const alice = user();
    recent.add(alice, '/a', nowMs);
    for (let index = 0; index < 5000; index += 1) recent.add(alice, `/${index}`, nowMs);
    expect(recent.has(alice, '/a', nowMs)).toBe(false);
    const long = `/${'a'.repeat(2000)}`;
    recent.add(alice, long, nowMs);
    expect(recent.has(alice, long, nowMs)).toBe(false);
  });
});
