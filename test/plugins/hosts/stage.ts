// A realm with hosts under the real kernel; what the machine says of itself is given, and so is the time.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Context, ThisMachine } from '../../../core/contract/context.ts';
import type { EventName, RealmEvent } from '../../../core/contract/events.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import type { HostsAnswer } from '../../../plugins/hosts/list.ts';
import type { ResolvedService } from '../../../core/contract/apis.ts';
import { testRealm, type TestRealm } from '../../core/kernel/realm.ts';

/** The hosts of the issue: everything that trains on one port of the first, inference on the second. */
export const TWO_HOSTS = `hosts:
  4090:
    name: Training Server
    address: 192.0.2.10
    role: trainer
    services:
      vault: { port: 8767, path: /api }
      ledger: { port: 8767, path: /api/ledger }
      training: { port: 8767, path: /api/training }
      tavern: 8888
  3090:
    address: 192.0.2.20
    role: inference
    services: { inference: 8765 }
`;

export interface Stage {
  readonly realm: TestRealm;
  readonly kernel: Kernel;
  /** As one of the plugins has it. */
  readonly ctx: (plugin?: string) => Context;
  list(): Promise<HostsAnswer>;
  resolve(service: string, host?: string): Promise<ResolvedService>;
  condition(ref: string, type: string): string | undefined;
  events(type: EventName): readonly RealmEvent[];
  /** Another machine, or the same one in another network. */
  be(machine: Partial<ThisMachine>): void;
}

export const NOBODY: ThisMachine = { host: undefined, names: ['laptop'], addresses: ['127.0.0.1', '::1'] };

export async function stageOf(
  yaml: string,
  machine: Partial<ThisMachine> = {},
  { plugins = '[hosts, file]', purpose = 'once' }: { plugins?: string; purpose?: 'once' | 'daemon' } = {},
): Promise<Stage> {
  const realm = testRealm({ 'realm.config.yaml': `plugins: ${plugins}\n${yaml}` });
  let now = { ...NOBODY, ...machine };
  const kernel = await realm.open({ purpose, world: { machine: () => now } });
  onTestFinished(() => realm.stop(kernel));
  const door = realm.door(kernel);
  return {
    realm,
    kernel,
    ctx: (plugin = 'hosts') => kernel.set.context(plugin, undefined),
    list: async () => (await door.invoke('hosts.list', {}, 'user:ann')) as HostsAnswer,
    resolve: async (service, host) =>
      (await door.invoke(
        'hosts.resolve',
        { service, ...(host === undefined ? {} : { host }) },
        'user:ann',
      )) as ResolvedService,
    condition: (ref, type) => {
      const found = kernel.scene.rows.get(ref as never)?.conditions.find((one) => one.type === type);
      return found && `${found.status} ${found.reason}`;
    },
    events: (type) => {
      kernel.store.journal.flush();
      return kernel.store.journal.read({ type: [type] });
    },
    be: (other) => void (now = { ...NOBODY, ...other }),
  };
}

/** A real server on loopback; answers its port. */
export async function serverWith(answer: RequestListener): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}
