import { expect, it } from 'vitest';
import { identityHeaders, requestHeaderUser } from '../../../src/api/auth/users.ts';

const config = {
  caPem: '',
  allowedNames: [],
  usernameHeaders: ['x-remote-user'],
  groupHeaders: ['x-remote-group'],
  uidHeaders: ['x-remote-uid'],
  extraHeaderPrefixes: ['x-remote-extra-'],
};

const userIn = (rawHeaders: readonly string[]) =>
  requestHeaderUser(identityHeaders(rawHeaders, config), config);

const alice = ['X-Remote-User', 'alice', 'X-Remote-Group', 'a', 'X-Remote-Group', 'b'];

it('the user does not depend on other headers or on the case of names', () => {
  const user = { name: 'alice', uid: undefined, groups: ['a', 'b'], extra: {} };
  expect(userIn(alice)).toEqual(user);
  expect(userIn(['Accept', '*/*', ...alice, ':path', '/a'])).toEqual(user);
  const lowerCase = alice.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
  expect(userIn(lowerCase)).toEqual(user);
});

it('users differ by every value and by the header that carries it', () => {
  const [name = '', value = '', ...groups] = alice;
  const users = [
    alice,
    [name, 'bob', ...groups],
    [name, value],
    [name, value, 'X-Remote-Group', 'a,b'],
    [name, value, 'X-Remote-Group', 'b', 'X-Remote-Group', 'a'],
    [name, value, 'X-Remote-Uid', 'a', 'X-Remote-Group', 'b'],
    [name, value, 'X-Remote-Extra-A', 'a', 'X-Remote-Group', 'b'],
    ['Accept', value, ...groups],
  ].map((headers) => userIn(headers));
  expect(new Set(users.map((user) => JSON.stringify(user))).size).toBe(users.length);
  expect(users.at(-1)).toBeUndefined();
});

it.each([[], ['X-Remote-Group', 'system:masters'], ['X-Remote-User', '', 'X-Remote-Group', 'a']])(
  'no user is named by %j, %j',
  (...headers) => {
    expect(userIn(headers)).toBeUndefined();
  },
);
