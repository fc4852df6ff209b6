// A stage for watching files: a folder, a watch over it, and time that stands still until a test lets it go on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import { sleep, systemClock } from '../../../core/clock.ts';
import type { PathWatch } from '../../../core/daemon/config-watch.ts';
import { watchPaths } from '../../../core/daemon/config-watch.ts';
import type { Compare } from '../../../core/daemon/fingerprint.ts';

/** So that no burst is cut in two by a slow machine. */
class StillClock implements Clock {
  time = 0;
  armed = 0;
  readonly #timers = new Map<object, { readonly at: number; readonly fn: () => void }>();
  now = (): number => this.time;
  after(ms: number, fn: () => void): { cancel(): void } {
    const key = {};
    this.armed++;
    this.#timers.set(key, { at: this.time + ms, fn });
    return { cancel: () => void this.#timers.delete(key) };
  }
  pass(ms: number): void {
    this.time += ms;
    for (const [key, { at, fn }] of this.#timers) {
      if (at > this.time) continue;
      this.#timers.delete(key);
      fn();
    }
  }
}

export class Stage {
  readonly clock = new StillClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'realm-watch-'));
  readonly file = join(this.folder, 'realm.config.yaml');
  readonly told: string[][] = [];
  readonly watch: PathWatch = watchPaths({
    clock: this.clock,
    onChange: (paths) => void this.told.push([...paths]),
    onError: (error) => expect.fail(String(error)),
    recheckMs: 0,
  });
  constructor() {
    writeFileSync(this.file, 'first');
  }

  async end(): Promise<void> {
    await this.watch.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Lets time go on by 10 ms each time it asks. */
  async until(what: () => boolean): Promise<void> {
    const deadline = systemClock.now() + 60_000;
    while (!what()) {
      if (systemClock.now() > deadline)
        throw new Error(`waited too long for ${String(what)}; told ${JSON.stringify(this.told)}`);
      await sleep(systemClock, 2);
      this.clock.pass(10);
    }
  }

  /** Returns once so many tellings came. */
  toldTimes = (count: number): Promise<void> => this.until(() => this.told.length >= count);

  /** Does it, and again until it was heard: a folder that was just found is listened to a moment later. */
  async insist(count: number, act: () => void): Promise<void> {
    for (let n = 0; this.told.length < count; n++) {
      if (n % 20 === 0) act();
      if (n > 2_000) throw new Error(`not heard; told ${JSON.stringify(this.told)}`);
      await sleep(systemClock, 2);
      this.clock.pass(10);
    }
  }

  /** Watches, and returns once the system's events arrive: then a change is told because it was heard. */
  async watching(...paths: readonly (readonly [string, Compare])[]): Promise<void> {
    const probe = join(this.folder, 'probe');
    writeFileSync(probe, '');
    await this.watch.set(new Map([...paths, [probe, 'content']]));
    await this.settle();
    for (let n = 0; this.told.length === 0; n++) {
      writeFileSync(probe, String(n));
      await sleep(systemClock, 10);
      this.clock.pass(60);
    }
    await this.settle();
    this.told.length = 0;
  }

  /** So that a second telling would show. */
  async settle(): Promise<void> {
    for (let n = 0; n < 20; n++) {
      await sleep(systemClock, 2);
      this.clock.pass(60);
    }
  }
}
