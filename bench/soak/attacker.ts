import { setTimeout as sleep } from 'node:timers/promises';
import { readPath } from '../../test/support/adapter.ts';
import { Attackers } from '../../test/slow/abuse/support/attackers.ts';
import type { Clients } from './clients.ts';

const heldMs = 500;
const streams = 20;
const longSelector = Array.from({ length: 500 }, (_, index) => `${'k'.repeat(55)}${index}`).join(',');

/** Does one after another what test/slow/abuse does at full speed. */
export class Attacker {
  readonly #clients: Clients;
  #attacks = 0;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  async attack(): Promise<void> {
    this.#attacks += 1;
    const number = this.#attacks;
    using attackers = new Attackers(this.#clients.url);
    const attacks = [
      () => this.#resetWithUnreadBody(attackers, number),
      () => this.#useMadeUpTokens(attackers, number),
      () => this.#takeNothing(attackers),
      () => this.#sendEndlessBody(attackers),
      () => this.#read(`x${number},${longSelector}`),
    ];
    await attacks[number % attacks.length]?.();
  }

  async #resetWithUnreadBody(attackers: Attackers, number: number): Promise<void> {
    const { tls, tcp } = await attackers.http1();
    tls.write(`GET /x${number} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n`);
    await sleep(number % 8);
    tcp.resetAndDestroy();
  }

  async #useMadeUpTokens(attackers: Attackers, number: number): Promise<void> {
    const session = await attackers.http2();
    const fired = Array.from({ length: streams }, (_, index) =>
      attackers.fire(session, { ':path': '/healthz', authorization: `Bearer made-up-${number}-${index}` }),
    );
    await Promise.all(fired);
  }

  async #takeNothing(attackers: Attackers): Promise<void> {
    const session = await attackers.http2(undefined, { initialWindowSize: 0 });
    for (let stream = 0; stream < streams; stream += 1)
      void attackers.fire(session, { ':path': `/x${stream}` }, { takesBody: false }).catch(() => undefined);
    await sleep(heldMs);
  }

  async #sendEndlessBody(attackers: Attackers): Promise<void> {
    const { tls } = await attackers.http1();
    tls.write('GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let chunks = 0; chunks < 10 && tls.writable; chunks += 1)
      tls.write(`400\r\n${'x'.repeat(0x400)}\r\n`);
    await sleep(heldMs);
  }

  /** Reads in a namespace that no HPA has. */
  async #read(selector: string): Promise<void> {
    await this.#clients.get(readPath('sls_ingress_qps', selector, 'attacker'), 'HTTP/2, new');
  }
}
