// Six services under the real kernel on a simulated machine, to which anything may happen.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Door } from '../../../core/api/door.ts';
import { localDoor } from '../../../core/kernel/masked-door.ts';
import { seededRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import { type Name, NAMES, PROGRAMS, type Step } from './model-steps.ts';
import { Witness } from './model-witness.ts';
import { type MortalDaemon, mortalDaemon } from './model-daemon.ts';
import { allowLogs, yamlOf } from './model-files.ts';
import { MEMORY } from '../../memory.ts';

/** More than two removals at once would be held back, as they should. */
const MOST_TAKEN_OUT = 2;
/** Longer than any pause between two tries of the kernel; waits of services are shorter. */
const QUIET_MS = 1_200_000;
const STILL_MS = 12_000;

export class ModelWorld {
  readonly #root = mkdtempSync(join(MEMORY, 'realm-services-'));
  readonly #data = join(this.#root, '.realm/data/services');
  readonly #clock = virtualClock();
  /** What the realm's clock was moved back by. */
  #leap = 0;
  readonly #machine;
  readonly witness: Witness;
  readonly #programs = new Map<Name, Program>();
  readonly #trifles = new Map<Name, number>();
  readonly #seed: number;
  #lives = 0;
  #daemon!: MortalDaemon;
  #doomedIn = Infinity;

  constructor(seed: number) {
    this.#seed = seed;
    this.#machine = virtualMachine({
      clock: this.#clock,
      random: seededRandom(seed),
      programs: (wish) => {
        const name = wish.argv[0] as Name;
        const chosen = this.#programs.get(name) ?? {};
        const program = name === 'm' ? { lastsMs: 30, ...chosen } : chosen; // it runs to its end
        this.witness.began(wish, program);
        return program;
      },
      refused: (wish) => this.witness.refused(wish),
    });
    this.witness = new Witness(this.#machine, this.#data, () => this.#clock.now() + this.#leap, NAMES);
  }

  async begin(): Promise<void> {
    this.#write();
    await this.#open();
  }

  async take(step: Step): Promise<void> {
    this.witness.count(step.do);
    await this.#carryOut(step);
    await this.#clock.settled();
    if (this.#daemon.state.isOver) await this.#nextDaemon();
    this.witness.look();
  }

  /** Nothing is done any more, all is healthy, and what was held up may go on: soon all is as declared. */
  async quiet(): Promise<void> {
    this.#doomedIn = Infinity;
    this.#programs.clear();
    allowLogs(this.#root, true);
    this.#machine.refuseForks(0);
    this.#machine.setWatching(true);
    for (let passed = 0; (await this.#complaint()) !== undefined; passed += STILL_MS) {
      if (passed >= QUIET_MS) throw new Error(await this.#complaint());
      await this.#clock.advance(STILL_MS);
      this.witness.look();
      this.witness.count('still');
    }
    await this.#clock.advance(STILL_MS);
    this.witness.look();
    const complaint = await this.#complaint();
    if (complaint !== undefined) throw new Error(`it did not stay so: ${complaint}`);
  }

  /** What is not as declared. */
  async #complaint(): Promise<string | undefined> {
    for (const name of this.witness.names) {
      const { isDeclared, isStopped } = this.witness.wanted(name);
      const [live, left] = [this.witness.live(name), this.witness.all(name)];
      if (live.length !== 1 && !this.witness.mayBeDown(name)) return `${name} does not run: ${this.#why(name)}`;
      if ((!isDeclared || isStopped) && left.length > 0)
        return `of ${name}, which is to be down, runs ${left.map((one) => one.name).join(', ')}`;
      if (!isDeclared && existsSync(join(this.#root, '.realm/data/services', name)))
        return `the folder of ${name} was left behind`;
    }
    const { changes } = await this.#door().plan({});
    const open = changes.filter(({ ref }) => this.#daemon.kernel.scene.waitsFor(ref).length === 0);
    if (open.length > 0) return `still to be changed: ${open.map(({ ref, because }) => `${ref} ${because}`).join()}`;
    return undefined;
  }

  dispose(): void {
    this.#daemon.state.isOver = true;
    rmSync(this.#root, { recursive: true, force: true });
  }

  #why(name: Name): string {
    const row = this.#daemon.kernel.scene.rows.get(`service/${name}`);
    return JSON.stringify(row?.conditions.map(({ type, status, message }) => `${type} ${status} ${message}`));
  }

  async #carryOut(step: Step): Promise<void> {
    switch (step.do) {
      case 'time passes':
        return this.#clock.advance(step.ms);
      case 'program':
        return void this.#programs.set(step.name, PROGRAMS[step.program]!);
      case 'strike':
        return this.witness
          .all(step.name)
          .slice(0, 1)
          .forEach((one) => this.witness.strike(one));
      case 'strike any': {
        const all = this.#machine.running();
        if (all.length > 0) this.witness.strike(all[step.nth % all.length]!);
        return;
      }
      case 'stop':
      case 'start':
        return this.#word(step.name, step.do === 'stop');
      case 'ask for a restart':
        return this.#ask(step.name);
      case 'clock steps back':
        this.#leap += step.ms;
        this.#clock.jump(-step.ms);
        return NAMES.forEach((name) => this.witness.told(name));
      default:
        if (!(await this.#edit(step))) await this.#befall(step);
    }
  }

  /** What happens to the machine and the daemon. */
  async #befall(step: Step): Promise<void> {
    switch (step.do) {
      case 'kill daemon':
        this.#daemon.state.isOver = true;
        return;
      case 'doom daemon':
        this.#doomedIn = step.nth;
        return;
      case 'restart daemon': {
        const { kernel, state } = this.#daemon;
        await this.#tried(() => kernel.stop(1_000));
        state.isOver = true;
        return;
      }
      case 'reboot':
        this.#machine.reboot();
        this.witness.rebooted();
        this.#daemon.state.isOver = true;
        return;
      case 'kill launchers':
        this.witness.startMayBeLost();
        return this.#machine.killLaunchers();
      case 'refuse forks':
        this.witness.startMayBeLost();
        return this.#machine.refuseForks(step.count);
      case 'blind':
      case 'see':
        return this.#machine.setWatching(step.do === 'see');
      case 'logs cannot be written':
      case 'logs can be written':
        return allowLogs(this.#root, step.do === 'logs can be written');
      default:
    }
  }

  async #word(name: Name, isStop: boolean): Promise<void> {
    const wanted = this.witness.wanted(name);
    if (!wanted.isDeclared || wanted.isStopped === isStop) return;
    const wish = { ref: `service/${name}`, effect: 'stop', why: 'a test', actor: 'user:ann' } as const;
    const door = this.#door();
    this.witness.told(name);
    await this.#tried(() => (isStop ? door.setOverride(wish) : door.clearOverride(wish)));
    if (this.#daemon.state.isOver) await this.#nextDaemon(); // it may have died before it took note
    wanted.isStopped = this.#daemon.kernel.scene.overridesOf(`service/${name}`).length > 0;
    if (name === 'a') this.witness.told('b');
  }

  async #ask(name: Name): Promise<void> {
    if (!this.witness.wanted(name).isDeclared) return;
    const { kernel } = this.#daemon;
    const asked = { at: this.#clock.now(), by: 'user:ann', why: 'upgrade' };
    this.witness.told(name, true);
    await this.#tried(async () => {
      kernel.store.rows.of('services').set(`asked/${name}`, asked);
      kernel.wake(`service/${name}`);
    });
    if (this.#daemon.state.isOver) await this.#nextDaemon(); // it may have died before it took note
    const noted = this.#daemon.kernel.store.rows.of('services').get(`asked/${name}`) as typeof asked | undefined;
    this.witness.asked(name, noted?.at ?? null);
  }

  async #edit(step: Step): Promise<boolean> {
    switch (step.do) {
      case 'change': {
        const wanted = this.witness.wanted(step.name);
        if (wanted.isDeclared && wanted.version === String(step.value)) return true;
        Object.assign(wanted, { isDeclared: true, version: String(step.value) });
        this.witness.told(step.name, true);
        break;
      }
      case 'change a trifle':
        this.#trifles.set(step.name, step.value);
        break;
      case 'mind the loss':
        this.witness.wanted('b').onLoss = step.how;
        this.witness.told('b');
        break;
      case 'take out': {
        const wanted = this.witness.wanted(step.name);
        const gone = this.witness.names.filter((name) => !this.witness.wanted(name).isDeclared).length;
        if (!wanted.isDeclared || gone >= MOST_TAKEN_OUT) return true;
        Object.assign(wanted, { isDeclared: false, isStopped: false });
        this.witness.asked(step.name, null);
        this.witness.told(step.name, true);
        break;
      }
      case 'kill daemon':
        if (!step.andEdit) return false;
        this.#daemon.state.isOver = true;
        this.#trifles.set('a', (this.#trifles.get('a') ?? 0) + 1);
        this.witness.wanted('c').isDeclared = true;
        this.witness.wanted('c').version = '9';
        this.witness.told('c', true);
        this.#write();
        return true;
      default:
        return false;
    }
    this.#write();
    await this.#tried(() => this.#daemon.kernel.reload());
    return true;
  }

  #write(): void {
    const text = yamlOf((name) => ({ ...this.witness.wanted(name), trifle: this.#trifles.get(name) ?? 0 }));
    writeFileSync(join(this.#root, 'realm.config.yaml'), text);
  }

  async #open(): Promise<void> {
    this.#doomedIn = Infinity;
    this.#daemon = await mortalDaemon({
      root: this.#root,
      clock: this.#clock,
      random: seededRandom(this.#seed * 1_000 + ++this.#lives),
      processes: (crash) => this.#machine.processes({ crash }),
      isDoomed: () => this.#doomedIn-- <= 0,
    });
    await this.#daemon.kernel.start();
  }

  /** The last one is dead: it hears and does nothing any more. */
  async #nextDaemon(): Promise<void> {
    this.#machine.killDaemon();
    this.witness.startMayBeLost();
    await this.#clock.settled();
    await this.#open();
  }

  /** What is asked of a daemon that dies comes to nothing. */
  async #tried(ask: () => Promise<unknown>): Promise<void> {
    const { state } = this.#daemon;
    const call = { isAnswered: false };
    const asked = ask()
      .catch((error: unknown) => {
        if (!state.isOver) throw error;
      })
      .finally(() => (call.isAnswered = true));
    await this.#clock.settled();
    while (!call.isAnswered && !state.isOver) await this.#clock.advance(1);
    if (call.isAnswered) await asked;
  }

  #door(): Door {
    const { kernel } = this.#daemon;
    return localDoor({ scene: () => kernel.scene, set: () => kernel.set, kernel, holder: null, close: async () => {} });
  }
}
