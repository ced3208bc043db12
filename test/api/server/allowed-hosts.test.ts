import { expect, it } from 'vitest';
import { isInsideHost } from '../../../src/api/server/allowed-hosts.ts';

it.each([
  '127.0.0.1:9090',
  'localhost:9090',
  'LOCALHOST',
  'demo.localhost:1',
  '[::1]:9090',
  '10.0.3.7:9090',
  'sls-metrics-adapter',
  'sls-metrics-adapter.kube-system.svc:9090',
  'sls-metrics-adapter.kube-system.svc.cluster.local',
  'localhost.',
])('accepts host %s, which no website can own', (host) => {
  expect(isInsideHost(host)).toBe(true);
});

it.each([
  undefined,
  '',
  'rebind.example.com',
  'rebind.example.com:9090',
  '127.0.0.1.example.com',
  'localhost.example.com',
  'example.svc.com',
  '127.0.0.1:9090@example.com',
  'a b',
])('refuses host %s', (host) => {
  expect(isInsideHost(host)).toBe(false);
});
