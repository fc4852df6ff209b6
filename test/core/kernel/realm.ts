// A realm in a temporary folder on a virtual clock: the real kernel, real files and SQLite; only time and chance are given.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CrashPoint } from '../../../core/crash.ts';
import { Kernel } from '../../../core/kernel/kernel.ts';
import type { Door } from '../../../core/api/door.ts';
import { localDoor } from '../../../core/kernel/masked-door.ts';
import { silentLog, type World } from '../../../core/kernel/world.ts';
import { seededRandom } from '../../../core/random.ts';
import { type VirtualClock, virtualClock } from '../../../core/simulate/clock.ts';
import { MEMORY } from '../../memory.ts';

export interface TestRealm {
  readonly root: string;
  readonly clock: VirtualClock;
  write(path: string, text: string): void;
  open(options?: { purpose?: 'daemon' | 'once'; crash?: CrashPoint; world?: Partial<World> }): Promise<Kernel>;
  door(kernel: Kernel): Door;
  /** Stops it while time goes on, as passes that hang need. */
  stop(kernel: Kernel): Promise<void>;
}

export function testRealm(
  files: Readonly<Record<string, string>>,
  start: number | string = '2026-01-01T00:00:00Z',
): TestRealm {
  const root = mkdtempSync(join(MEMORY, 'realm-kernel-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const clock = virtualClock(start);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const open: TestRealm['open'] = ({ purpose = 'daemon', crash = () => {}, world = {} } = {}) =>
    Kernel.open({
      file: join(root, 'realm.config.yaml'),
      stateDir: join(root, '.realm'),
      env: {},
      purpose,
      world: { clock, random: seededRandom(1), crash, env: {}, log: () => silentLog, ...world },
    });
  const door = (kernel: Kernel): Door =>
    localDoor({
      scene: () => kernel.scene,
      set: () => kernel.set,
      kernel,
      holder: null,
      close: () => kernel.stop(1_000),
    });
  const stop = async (kernel: Kernel): Promise<void> => {
    const stopping = kernel.stop(1_000);
    await clock.advance(2_000);
    await stopping;
  };
  return { root, clock, write, open, door, stop };
}
