import { describe, expect, it } from 'vitest';
import { kedaShareOf, namerOf, Shares, shareOf, shareText } from '../../src/runtime/shares.ts';

/** Takes places until none is given, and returns how many were. */
function fill(shares: Shares, holder: string): number {
  let taken = 0;
  while (shares.take(holder, 1)) taken += 1;
  return taken;
}

describe('shares', () => {
  it('give one holder as many places as the setting says', () => {
    for (const most of [1, 2, 3, 400]) expect(fill(new Shares(most), 'reader')).toBe(most);
  });

  it('leave places for a newcomer, although others took all that they got', () => {
    const shares = new Shares(400);
    for (let holder = 0; holder < 20; holder++) fill(shares, `reader ${holder}`);
    // The HPA controller reads five HPAs at a time.
    expect(fill(shares, 'hpa')).toBeGreaterThanOrEqual(5);
  });

  it('give a holder that has many no place while as few are free', () => {
    const shares = new Shares(400);
    fill(shares, 'reader');
    expect(fill(shares, 'hpa')).toBe(200);
    shares.give('reader', 1);
    expect(shares.take('reader', 1)).toBe(false);
  });

  it("leave a quarter to others, however many namespaces a client of KEDA's port names", () => {
    const shares = new Shares(400);
    let taken = 0;
    for (let name = 0; name < 1000; name += 1)
      taken += Number(shares.take(kedaShareOf('10.0.0.7', `made-up-${name}`)));
    expect(taken).toBe(600);
    expect(fill(shares, 'shop')).toBe(100);
    shares.give(kedaShareOf('10.0.0.7', 'made-up-0'));
    expect(shares.take(kedaShareOf('10.0.0.7', 'other'))).toBe(true);
  });

  it('can all be taken again after they were given back', () => {
    const shares = new Shares(2);
    fill(shares, 'reader');
    shares.give('reader', 2);
    expect(shares.taken).toBe(0);
    expect(fill(shares, 'other')).toBe(2);
  });

  it('let one long answer of a holder take all that is free, but no second one, and none of the reserve', () => {
    const shares = new Shares(4);
    shares.take('reader', 1);
    expect(shares.takeMore('reader', 1, 600)).toBe(7);
    expect(shares.takeMore('reader', 0, 600)).toBeUndefined();
    expect(shares.take('reader', 1)).toBe(false);
    expect(shares.take('other', 1)).toBe(true);
    shares.give('reader', 8);
    expect(shares.taken).toBe(1);
  });
});

it.each([
  ['system:serviceaccount:kube-system:horizontal-pod-autoscaler', 'namespace shop'],
  ['system:kube-controller-manager', 'namespace shop'],
  ['', 'namespace shop'],
  ['system:serviceaccount:blog:reader', 'namespace blog'],
  ['alice', 'user alice'],
  ['a'.repeat(60_000), `user ${'a'.repeat(200)}`],
])('a read of namespace shop by "%s" takes the share of %s', (user, share) => {
  expect(shareText(shareOf(user, 'shop'))).toBe(share);
});

it("a read that a client of KEDA's port names takes a share of the client, beside those of other namespaces", () => {
  const [shop, blog] = [kedaShareOf('10.0.0.7', 'shop'), kedaShareOf('10.0.0.7', 'blog')];
  expect(shareText(shop)).toBe('namespace shop');
  expect(shop).not.toBe(kedaShareOf('10.0.0.8', 'shop'));
  expect(namerOf(shop)).toBe(namerOf(blog));
  expect(['shop', 'user alice', ''].map(namerOf)).toEqual(['shop', 'user alice', '']);
  // A user cannot have such a name: that of a user begins with "user".
  expect(namerOf(shareOf('KEDA client x', 'shop'))).toBe('user KEDA client x');
});
