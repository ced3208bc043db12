import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A socket of Linux without a file: it is free again when its process ends in any way. */
const path = '\0sls-metrics-adapter-abuse';

/** Waits until no other scenario attacks: one attack at a time has the machine. Disposing it ends the turn. */
export async function attackTurn(): Promise<AsyncDisposable> {
  for (;;) {
    const server = createServer();
    server.listen({ path });
    const isMine = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isMine)
      return {
        async [Symbol.asyncDispose]() {
          const closed = once(server, 'close');
          server.close();
          await closed;
        },
      };
    await sleep(50);
  }
}
