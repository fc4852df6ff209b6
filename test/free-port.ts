// A port of this machine for a test: nobody has it, and the system gives it to nobody by itself while the test goes on.
import { createServer } from 'node:net';
import { once } from 'node:events';

/** Below those for `listen(0)` and for clients, which begin at 32768 on Linux; processes of tests begin at some distance. */
let next = 20_000 + ((process.pid * 16) % 12_000);

export async function freePort(): Promise<number> {
  for (;;) {
    const port = next++;
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false, // somebody has it
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
