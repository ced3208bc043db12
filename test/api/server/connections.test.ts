import { EventEmitter } from 'node:events';
import { Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  Connections,
  type Connection,
  type ConnectionObserver,
} from '../../../src/api/server/connections.ts';

describe('the address of a client', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['fe80::1', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, ''],
  ])('%s counts as %s', (remoteAddress, address) => {
    expect(addressOf({ remoteAddress })).toBe(address);
  });
});

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number;
  destroyed = false;
  writableEnded = false;

  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

function watching(most: number, canOpenFile = () => true) {
  const server = new Server();
  const evicted: { holder: string; held: number }[] = [];
  const kept: number[] = [];
  const observer: ConnectionObserver = {
    connectionEvicted: ({ holder, held }) => evicted.push({ holder, held }),
    filesExhausted: ({ most: now }) => kept.push(now),
  };
  const connections = new Connections(most, observer, canOpenFile);
  connections.watch(server);
  let ports = 0;
  const open = (address: string) => {
    const socket = new FakeSocket(address, ++ports);
    server.emit('connection', socket);
    const connection = connections.byPeer.get(socket);
    if (connection === undefined) throw new Error('the connection is not tracked');
    return connection as Connection & { readonly socket: { readonly destroyed: boolean } };
  };
  return { connections, open, evicted, kept };
}

const isOpen = ({ socket }: Connection) => !socket.destroyed;

describe('more connections than the bound', () => {
  it('cost the client with the most its oldest idle one, and no other client any', () => {
    const { open, evicted } = watching(10);
    const others = [open('10.0.0.1'), open('10.0.0.2')];
    const many = Array.from({ length: 1000 }, () => open('10.0.0.9'));
    expect(others.every(isOpen)).toBe(true);
    expect(many.filter(isOpen)).toEqual(many.slice(-8));
    expect(evicted[0]).toEqual({ holder: '10.0.0.9', held: 9 });
    expect(isOpen(open('10.0.0.3'))).toBe(true);
  });

  it('never cost the new one, even if all others of its address are busy', () => {
    const { open } = watching(5);
    for (let opened = 0; opened < 5; opened++) open('10.0.0.9').openRequests = 1;
    expect(isOpen(open('10.0.0.9'))).toBe(true);
  });

  it('do not cost authenticated ones while strangers have most', () => {
    const { connections, open } = watching(10);
    const proxies = Array.from({ length: 4 }, () => open('10.0.0.9'));
    for (const one of proxies) connections.authenticated(one, 'user hpa');
    for (let address = 0; address < 100; address++) open(`10.0.1.${address}`);
    expect(proxies.every(isOpen)).toBe(true);
  });

  it('cost an authenticated client with the most, once users have most', () => {
    const { connections, open } = watching(10);
    const proxy = open('10.0.0.1');
    connections.authenticated(proxy, 'user hpa');
    const reader = Array.from({ length: 100 }, () => {
      const one = open('10.0.0.9');
      connections.authenticated(one, 'user reader');
      return one;
    });
    expect(isOpen(proxy)).toBe(true);
    expect(reader.filter(isOpen)).toHaveLength(9);
  });
});

it('ends a connection whose client does not end it', () => {
  const { connections, open } = watching(10);
  const one = open('10.0.0.1');
  Object.assign(one.socket, { writableEnded: true });
  for (let second = 0; second < 5; second++) connections.sweep();
  expect(isOpen(one)).toBe(true);
  connections.sweep();
  expect(isOpen(one)).toBe(false);
});

it('ends no session of HTTP/2 during a request, however long it takes', () => {
  const { connections, open } = watching(10);
  let closed = false;
  const session = { close: () => (closed = true) };
  const one = Object.assign(open('10.0.0.1'), { session, openRequests: 1 });
  for (let second = 0; second < 1000; second++) connections.sweep();
  one.openRequests = 0;
  for (let second = 0; second < 119; second++) connections.sweep();
  expect(closed).toBe(false);
  connections.sweep();
  expect(closed).toBe(true);
});

it('keeps fewer connections when the process may open no more files', () => {
  let canOpen = false;
  const { connections, open, kept } = watching(1000, () => canOpen);
  const other = open('10.0.0.1');
  const many = Array.from({ length: 199 }, () => open('10.0.0.9'));
  connections.sweep();
  canOpen = true;
  connections.sweep();
  expect(kept).toEqual([150]);
  expect(isOpen(other)).toBe(true);
  expect(many.filter(isOpen)).toHaveLength(149);
  open('10.0.0.9');
  expect(many.filter(isOpen)).toHaveLength(148);
});
