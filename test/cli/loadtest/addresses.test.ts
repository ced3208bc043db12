import { expect, it } from 'vitest';
import { isPrivateAddress } from '../../../src/cli/loadtest/addresses.ts';

it.each([
  '127.0.0.1',
  '127.8.9.1',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '::1',
  'fd00::1',
  '::ffff:10.0.0.1',
])('treats %s as private', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

it.each([
  '8.8.8.8',
  '172.32.0.1',
  '172.15.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '2001:db8::1',
  '::ffff:8.8.8.8',
  'fe80::1',
  'localhost',
  '',
])('treats %s as public', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});
