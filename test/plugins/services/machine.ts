// Services under the real kernel on a machine without processes: only time, chance and programs are given.
import { virtualMachine, type VirtualMachine } from '../../../core/simulate/processes.ts';
import type { VirtualProcess } from '../../../core/simulate/process-table.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import type { EventName, RealmEvent } from '../../../core/contract/events.ts';
import { seededRandom } from '../../../core/random.ts';
import { testRealm, type TestRealm } from '../../core/kernel/realm.ts';

export interface Machine {
  readonly realm: TestRealm;
  readonly machine: VirtualMachine;
  /** What a command does from its next start on; one that is not named runs until a signal ends it. */
  readonly programs: Map<string, Program | undefined>;
  kernel: Kernel;
  /** How often a command began to run. */
  begun(name: string): number;
  pass(ms: number): Promise<void>;
  /** The commands of this name that run. */
  running(name: string): readonly VirtualProcess[];
  kill(name: string): void;
  stopWord(name: string, isOn?: boolean): Promise<void>;
  askRestart(name: string): void;
  edit(services: string): Promise<void>;
  /** As by `kill -9`; another life follows. */
  killDaemon(): Promise<void>;
  condition(name: string, type: string): string | undefined;
  message(name: string): string;
  /** Journaled so far. */
  events(type: EventName): readonly RealmEvent[];
  /** As `realm down --services`. */
  stopAll(): Promise<void>;
  close(): Promise<void>;
}

export const yamlOf = (services: string): string =>
  `plugins: [services]\nsecrets: { s: { file: ./secret } }\nservices:\n${services}`;

/** `services`: the lines below `services:`. Command names are the names of programs. */
export async function machineWith(
  services: string,
  seed = 1,
  prepare: (machine: Pick<Machine, 'programs'> & { readonly root: string }) => void = () => {},
): Promise<Machine> {
  const realm = testRealm({ 'realm.config.yaml': yamlOf(services) });
  const programs = new Map<string, Program | undefined>();
  const begun = new Map<string, number>();
  const machine = virtualMachine({
    clock: realm.clock,
    random: seededRandom(seed),
    programs: ({ argv: [name = ''] }) => {
      begun.set(name, (begun.get(name) ?? 0) + 1);
      return programs.has(name) ? programs.get(name) : {};
    },
  });
  prepare({ programs, root: realm.root });
  let lives = 0;
  const open = async (): Promise<Kernel> => {
    const random = seededRandom(seed * 1_000 + ++lives);
    const kernel = await realm.open({ world: { random, processes: () => machine.processes() } });
    await kernel.start();
    return kernel;
  };
  const ofName = (name: string): readonly VirtualProcess[] => machine.running().filter((one) => one.name === name);
  const row = (name: string) => self.kernel.scene.rows.get(`service/${name}`);
  const self: Machine = {
    realm,
    machine,
    programs,
    kernel: await open(),
    begun: (name) => begun.get(name) ?? 0,
    pass: (ms) => realm.clock.advance(ms),
    running: ofName,
    kill: (name) => ofName(name).forEach(({ identity }) => machine.system.kill(identity.pid, 'SIGKILL')),
    async stopWord(name, isOn = true) {
      const wish = { ref: `service/${name}`, effect: 'stop', why: 'a test', actor: 'user:ann' } as const;
      const door = realm.door(self.kernel);
      if (isOn) await door.setOverride(wish);
      else await door.clearOverride(wish);
    },
    askRestart(name) {
      const asked = { at: realm.clock.now(), by: 'user:ann', why: 'upgrade' };
      self.kernel.store.rows.of('services').set(`asked/${name}`, asked);
      self.kernel.wake(`service/${name}`);
    },
    async edit(changed) {
      realm.write('realm.config.yaml', yamlOf(changed));
      await self.kernel.reload();
    },
    async killDaemon() {
      machine.killDaemon();
      const old = self.kernel;
      await realm.stop(old); // its processes hear nothing of it any more
      self.kernel = await open();
    },
    condition: (name, type) => row(name)?.conditions.find((one) => one.type === type)?.status,
    message: (name) => row(name)?.conditions.find(({ type }) => type === 'Ready')?.message ?? '',
    events: (type) => {
      self.kernel.store.journal.flush();
      return self.kernel.store.journal.read({ type: [type] });
    },
    async stopAll() {
      const stopping = self.kernel.stop(30_000, 'asked to', true);
      await realm.clock.advance(40_000);
      await stopping;
    },
    close: () => realm.stop(self.kernel),
  };
  return self;
}
