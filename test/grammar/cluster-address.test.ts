import { describe, expect, it } from 'vitest';
import { isClusterHost } from '../../src/grammar/cluster-address.ts';

describe('a host inside the cluster', () => {
  it.each([
    'nginx-ingress-lb.kube-system.svc',
    'nginx-ingress-lb.kube-system.svc.cluster.local',
    'a.b.svc.my-domain.example',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '127.0.0.1',
    '[::1]',
    '[fd00::1]',
    '[::ffff:10.0.0.1]',
  ])('is %s', (host) => {
    expect(isClusterHost(host)).toBe(true);
  });

  it.each([
    'www.example.com',
    'localhost',
    'nginx-ingress-lb',
    'nginx-ingress-lb.kube-system',
    'kube-system.svc',
    'a.b.svc-x',
    'a.svc.example.com.evil',
    '172.32.0.1',
    '8.8.8.8',
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '[::]',
    '[fe80::1]',
    '[2001:db8::1]',
    '[::ffff:8.8.8.8]',
    '',
  ])('is not %s', (host) => {
    expect(isClusterHost(host)).toBe(false);
  });
});
