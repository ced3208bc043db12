import { expect, it } from 'vitest';
import { KeptAnswers, keyOf } from '../../../src/kube/reviews/kept-answers.ts';
import { TestClock } from '../../support/test-clock.ts';

const bounds = { maxEntries: 100, maxBytes: 100_000, ttlMs: 10_000 };

const keep = (changes: Partial<typeof bounds> = {}) => {
  const clock = new TestClock();
  return { clock, answers: new KeptAnswers<string>({ ...bounds, ...changes }, clock.monotonicMs) };
};

it('keeps an answer for its time, whatever the system clock is set to', () => {
  for (const hours of [-1, 1]) {
    const { clock, answers } = keep();
    answers.set('question', 'yes', 'jane', 3);
    clock.setBy(hours * 3_600_000);
    clock.advance(10_000);
    expect(answers.get('question')).toBe('yes');
    clock.advance(1);
    expect(answers.get('question')).toBeUndefined();
  }
});

it('is due in the last quarter of its time', () => {
  const { clock, answers } = keep();
  answers.set('question', 'yes', 'jane', 3);
  clock.advance(7500);
  expect(answers.isDue('question')).toBe(false);
  clock.advance(1);
  expect(answers.isDue('question')).toBe(true);
});

it('drops the oldest answers of the holder with the most, and none of the others', () => {
  const { answers } = keep();
  for (let index = 0; index < 20; index++) answers.set(`honest ${index}`, 'yes', 'honest', 3);
  for (let index = 0; index < 5000; index++) answers.set(`stranger ${index}`, 'yes', 'stranger', 3);
  expect(answers.size).toBe(100);
  expect(answers.get('honest 0')).toBe('yes');
  expect(answers.get('stranger 4920')).toBe('yes');
  expect(answers.get('stranger 4919')).toBeUndefined();
});

it('is bounded in bytes', () => {
  const { answers } = keep();
  answers.set('honest', 'yes', 'honest', 3);
  for (let index = 0; index < 50; index++) answers.set(`big ${index}`, 'yes', 'stranger', 30_000);
  expect(answers.bytes).toBeLessThanOrEqual(bounds.maxBytes);
  expect(answers.size).toBe(4);
  expect(answers.get('honest')).toBe('yes');
  answers.set('too big', 'yes', 'stranger', 200_000);
  expect([answers.size, answers.get('too big')]).toEqual([1, undefined]);
});

it('counts the name of the holder', () => {
  const { answers } = keep();
  for (let index = 0; index < 50; index++) answers.set(`q ${index}`, 'yes', `${index}`.padEnd(30_000), 3);
  expect(answers.bytes).toBeLessThanOrEqual(bounds.maxBytes);
  expect(answers.size).toBe(3);
});

it('forgets answers a minute after their time, and whose they were', () => {
  const { clock, answers } = keep();
  for (let index = 0; index < 50; index++) answers.set(`q ${index}`, 'yes', `holder ${index}`, 3);
  clock.advance(70_000);
  answers.set('new', 'yes', 'jane', 3);
  expect([answers.size, answers.holderOf('q 0')]).toEqual([51, 'holder 0']);
  clock.advance(1);
  answers.set('new', 'yes', 'jane', 3);
  expect([answers.size, answers.holderOf('q 0')]).toEqual([1, undefined]);
});

it('counts an answer that is kept again once', () => {
  const { answers } = keep();
  for (let index = 0; index < 10; index++) answers.set('question', 'yes', `holder ${index % 2}`, 1000);
  expect(answers.size).toBe(1);
  expect(answers.bytes).toBeLessThan(2000);
  expect(answers.holderOf('question')).toBe('holder 1');
  answers.delete('question');
  expect([answers.size, answers.bytes]).toEqual([0, 0]);
});

it('a long question has a short key', () => {
  expect(keyOf('short')).toBe('short');
  expect(keyOf('x'.repeat(10_000))).toHaveLength(64);
});
