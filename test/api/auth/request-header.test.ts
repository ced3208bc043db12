import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestHeaderUsers, requestHeaderUser } from '../../../src/api/auth/request-header.ts';
import { asAuthenticated } from '../../../src/kube/reviews/user.ts';

const settings = {
  caPem: '',
  allowedNames: [],
  usernameHeaders: ['X-Remote-User'],
  groupHeaders: ['X-Remote-Group'],
  uidHeaders: ['X-Remote-Uid'],
  extraHeaderPrefixes: ['X-Remote-Extra-'],
};

const alice = ['X-Remote-User', 'alice', 'X-Remote-Group', 'a', 'X-Remote-Group', 'b'];

describe('users that a front proxy names, remembered', () => {
  it('are the same object for the same headers, whatever else is sent', () => {
    const users = new RequestHeaderUsers(settings);
    const first = users.of([...alice, ':path', '/a']);
    expect(first).toMatchObject({ name: 'alice', groups: ['a', 'b', 'system:authenticated'] });
    expect(users.of([...alice, ':path', '/b'])).toBe(first);
    expect(users.of(['X-Remote-User', 'bob'])).toMatchObject({ name: 'bob' });
    expect(users.of(['Accept', '*/*', ...alice])).toBe(first);
  });

  it('are told apart by every value and by which header it stands in', () => {
    const users = new RequestHeaderUsers(settings);
    const [name, value, ...groups] = alice;
    const others = [
      alice,
      [name, 'bob', ...groups],
      [name, value],
      [name, value, 'X-Remote-Group', 'a,b'],
      [name, value, 'X-Remote-Group', 'b', 'X-Remote-Group', 'a'],
      [name, value, 'X-Remote-Uid', 'a', 'X-Remote-Group', 'b'],
      [name, value, 'X-Remote-Extra-A', 'a', 'X-Remote-Group', 'b'],
      ['Accept', value, ...groups],
    ].map((headers) => users.of(headers.map(String)));
    expect(new Set(others).size).toBe(others.length);
    expect(others.at(-1)).toBeUndefined();
  });

  it('are whom the headers name, in whatever order requests come', () => {
    const name = fc.constantFrom(
      ...['X-Remote-User', 'x-remote-user', 'X-Remote-Group', 'X-REMOTE-UID', 'X-Remote-Extra-a', 'Accept'],
    );
    const headers = fc.array(fc.tuple(name, fc.constantFrom('', 'a', 'b', 'a,b')), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 20 }), (requests) => {
        const users = new RequestHeaderUsers(settings);
        for (const request of [...requests, ...requests]) {
          const user = requestHeaderUser(request.flat(), settings);
          expect(users.of(request.flat())).toEqual(user && asAuthenticated(user));
        }
      }),
    );
  });
});
