// Alerts under the real kernel on a virtual clock; requests are real, and time waits for them unless they hang.
import { onTestFinished } from 'vitest';
import type { Door } from '../../../core/api/door.ts';
import type { EventName, RealmEvents } from '../../../core/contract/events.ts';
import type { VirtualClock } from '../../../core/simulate/clock.ts';
import type { World } from '../../../core/kernel/world.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { localDoor } from '../../../core/kernel/masked-door.ts';
import { testRealm, type TestRealm } from '../../core/kernel/realm.ts';
import type { Receiver } from './receiver.ts';

export interface Alerted {
  readonly realm: TestRealm;
  kernel: Kernel;
  emit<K extends EventName>(type: K, data: RealmEvents[K]): Promise<void>;
  pass(ms: number): Promise<void>;
  /** As by `kill -9`: nothing of it is stored any more; another life follows. */
  again(): Promise<void>;
  edit(yaml: string): Promise<void>;
  events(type: EventName): readonly RealmEvents[EventName][];
  invoke(action: string, input?: object): Promise<unknown>;
  door(): Door;
  /** Also done after the test. */
  close(): Promise<void>;
}

export interface Around {
  /** Receivers for whose answers time does not wait. */
  readonly hangs?: readonly Receiver[];
  readonly start?: string;
  /** Beside `alerts`. */
  readonly plugins?: readonly string[];
  /** More of the config. */
  readonly yaml?: string;
  readonly world?: (clock: VirtualClock) => Partial<World>;
  readonly prepare?: (root: string) => void;
}

/** `alerts`: the lines below `alerts:`. */
export async function alerted(
  alerts: string,
  { hangs = [], start, plugins = ['file'], yaml = '', world = () => ({}), prepare = () => {} }: Around = {},
): Promise<Alerted> {
  const yamlOf = (text: string): string =>
    `realm: { name: training, timezone: Europe/Berlin }\nplugins: [alerts, ${plugins.join(', ')}]\nalerts:\n${text}${yaml}`;
  const realm = testRealm({ 'realm.config.yaml': yamlOf(alerts) }, start);
  prepare(realm.root);
  const around = world(realm.clock);
  const send = globalThis.fetch;
  globalThis.fetch = (to, options) => {
    const isHanging = hangs.some(({ url, mood }) => mood === 'hang' && to === url);
    const answer = send(to, options);
    return isHanging ? answer : realm.clock.busy(answer);
  };
  onTestFinished(() => void (globalThis.fetch = send));
  const open = async (): Promise<Kernel> => {
    const kernel = await realm.open({ world: around });
    await kernel.start();
    await realm.clock.advance(10);
    return kernel;
  };
  let closing: Promise<void> | undefined;
  const self: Alerted = {
    realm,
    kernel: await open(),
    async emit(type, data) {
      self.kernel.emit(type, data, 'ref' in data ? data.ref : undefined);
      self.kernel.store.journal.flush();
      await realm.clock.advance(200);
    },
    pass: (ms) => realm.clock.advance(ms),
    async again() {
      await realm.stop(self.kernel);
      self.kernel = await open();
    },
    async edit(text) {
      realm.write('realm.config.yaml', yamlOf(text));
      await self.kernel.reload();
      await realm.clock.advance(10);
    },
    events(type) {
      self.kernel.store.journal.flush();
      return self.kernel.store.journal.read({ type: [type] }).map(({ data }) => data);
    },
    door: () => realmDoor(self.kernel),
    close: () => (closing ??= realm.stop(self.kernel)),
    invoke: (action, input = {}) => realm.clock.busy(realmDoor(self.kernel).invoke(action, input, 'user:ann')),
  };
  const realmDoor = (kernel: Kernel) =>
    localDoor({
      scene: () => kernel.scene,
      set: () => kernel.set,
      kernel,
      holder: null,
      close: async () => {},
    });
  onTestFinished(() => self.close());
  return self;
}
