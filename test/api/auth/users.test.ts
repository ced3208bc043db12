import { expect, it } from 'vitest';
import { identityHeaders } from '../../../src/api/auth/authentication.ts';
import { asAuthenticated, requestHeaderUser } from '../../../src/api/auth/users.ts';

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

/** As Node gives the bytes of a header: a character for each. */
const asReceived = (text: string) => Buffer.from(text).toString('latin1');

it('names are read as UTF-8, as Go reads them', () => {
  const headers = [
    ...['X-Remote-User', asReceived('jürgen')],
    ...['X-Remote-Uid', asReceived('№ 7')],
    ...['X-Remote-Group', asReceived('Entwickler:innen 🚀')],
    ...['X-Remote-Group', asReceived('\uFEFFwith a byte order mark')],
    ...['X-Remote-Extra-caf%c3%a9', asReceived('été')],
  ];
  expect(userIn(headers)).toEqual({
    name: 'jürgen',
    uid: '№ 7',
    groups: ['Entwickler:innen 🚀', '\uFEFFwith a byte order mark'],
    extra: { café: ['été'] },
  });
});

it.each([
  ['latin1', 'X-Remote-User', 'j\xfcrgen'],
  ['cut off', 'X-Remote-User', 'a\xc3'],
  ['an overlong form', 'X-Remote-User', '\xc0\xaf'],
  ['half a pair', 'X-Remote-User', '\xed\xa0\x80'],
  ['beyond Unicode', 'X-Remote-Group', '\xf4\x90\x80\x80'],
  ['not UTF-8 in a value', 'X-Remote-Extra-a', '\xff'],
  ['not UTF-8 in a key', 'X-Remote-Extra-a%ff', 'x'],
  ['not UTF-8 in the uid', 'X-Remote-Uid', '\xfe'],
])('bytes that are %s name no user and none similar: %s %j', (_, name, value) => {
  const headers = name === 'X-Remote-User' ? [name, value] : ['X-Remote-User', 'alice', name, value];
  expect(() => userIn(headers)).toThrow(/of the front proxy is not UTF-8/);
});

it.each([
  ['100%', '100%'],
  ['a%2', 'a%2'],
  ['a%zz%41', 'a%zz%41'],
  ['a%41', 'aA'],
  ['a+b', 'a+b'],
])('the key %s of extra is decoded as in Go, to %s', (key, decoded) => {
  const user = userIn(['X-Remote-User', 'alice', `X-Remote-Extra-${key}`, 'x']);
  expect(user?.extra).toEqual({ [decoded]: ['x'] });
});

it('of a repeated header the first value names the user, even an empty one, as in Go', () => {
  expect(userIn(['X-Remote-User', 'alice', 'X-Remote-User', 'bob'])?.name).toBe('alice');
  expect(userIn(['X-Remote-User', '', 'X-Remote-User', 'bob'])).toBeUndefined();
});

it('an empty group is none', () => {
  expect(userIn([...alice, 'X-Remote-Group', ''])?.groups).toEqual(['a', 'b']);
});

it('a name of more than 1,024 characters is refused, since names are kept', () => {
  const named = (length: number) => asAuthenticated({ name: 'n'.repeat(length), groups: [], extra: {} });
  expect(named(1024).groups).toEqual(['system:authenticated']);
  expect(() => named(1025)).toThrow(
    'Unauthorized: the name of the user has 1025 characters; at most 1024 are allowed',
  );
});
