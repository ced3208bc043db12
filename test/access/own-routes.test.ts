import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isOwnRoute } from '../../src/access/own-routes.ts';

const namespace = fc.constantFrom('a', 'a-b', 'a-b-c', 'b', 'b-c', 'c');
const part = fc.constantFrom('a', 'b-c', 'b', 'svc', '80', 'a-b');

it('gives the route of any backend to one namespace of those that are known, or to none', () => {
  fc.assert(
    fc.property(fc.uniqueArray(namespace), namespace, part, part, (others, of, service, port) => {
      const known = [...new Set([...others, of])];
      const owners = known.filter(
        (name) =>
          isOwnRoute(`${of}-${service}-${port}`, {
            namespace: name,
            rivals: known.filter((other) => other !== name && other.length >= name.length),
          }) === true,
      );
      expect(owners).toHaveLength(1);
      expect(owners[0]?.startsWith(of)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it('lets a namespace that stands alone read all of its backends', () => {
  fc.assert(
    fc.property(namespace, part, part, (name, service, port) => {
      expect(isOwnRoute(`${name}-${service}-${port}`, { namespace: name, rivals: [] })).toBe(true);
    }),
  );
});

it('tells at once of a long text that all but is a route', () => {
  const asker = { namespace: 'a', rivals: [] };
  expect(isOwnRoute(`a-${'b-'.repeat(5000)}`, asker)).toBe(false);
});
