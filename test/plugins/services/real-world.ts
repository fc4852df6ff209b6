// Services as real processes under a kernel in this process. Their own witness: a lock that a second copy cannot get, and a file.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as fc from 'fast-check';
import { systemClock } from '../../../core/clock.ts';
import { localDoor } from '../../../core/kernel/masked-door.ts';
import { type OpenProcesses, systemProcesses } from '../../../core/os/processes.ts';
import { thisSystem } from '../../../core/os/system.ts';
import { seededRandom } from '../../../core/random.ts';
import { type MortalDaemon, mortalDaemon } from './model-daemon.ts';

export const REAL_NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof REAL_NAMES)[number];
type Mode = 'runs' | 'crashes' | 'is deaf' | 'has a child';

export type RealStep =
  | { readonly do: 'stop' | 'start' | 'ask' | 'kill' | 'take out'; readonly name: Name }
  | { readonly do: 'change'; readonly name: Name; readonly value: number }
  | { readonly do: 'mode'; readonly name: Name; readonly mode: Mode }
  | { readonly do: 'kill daemon' | 'restart daemon' }
  | { readonly do: 'wait'; readonly ms: number };

const name = fc.constantFrom(...REAL_NAMES);
export const realSteps = (maxLength: number): fc.Arbitrary<RealStep[]> =>
  fc.array(
    fc.oneof(
      fc.record({ do: fc.constantFrom('stop', 'start', 'ask', 'kill', 'kill', 'take out'), name }),
      fc.record({ do: fc.constant('change'), name, value: fc.nat(3) }),
      fc.record({
        do: fc.constant('mode'),
        name,
        mode: fc.constantFrom('runs', 'crashes', 'is deaf', 'has a child'),
      }),
      fc.record({ do: fc.constantFrom('kill daemon', 'kill daemon', 'restart daemon') }),
      fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 5, 20, 60, 200) }),
    ),
    { minLength: 5, maxLength, size: 'max' },
  );

/** `$1` is its name, `$W` the folder of the test. Children do not hold the lock; what it runs in its stead does. */
const PROGRAM = `read -r mode <"$W/$1.mode"
exec 9>>"$W/$1.lock"
flock -n 9 || echo "$1 $$ twice" >> "$W/told"
echo "$1 $$ start" >> "$W/told"
case $mode in
  crashes) exit 3 ;;
  'is deaf') trap '' TERM ;;
  'has a child') sh -c 'trap "" TERM; sleep 1000' 9>&- & ;;
esac
case $mode in
  'is deaf') ;;
  *) trap 'echo "$1 $$ end" >> "$W/told"; exit 0' TERM ;;
esac
while :; do sleep 1000 9>&- & wait $!; done
`;
const CONVERGES_MS = 60_000;

export class RealWorld {
  readonly #root = mkdtempSync(join(tmpdir(), 'realm-real-'));
  readonly #versions = new Map<Name, number>(REAL_NAMES.map((one) => [one, 0]));
  readonly #stopped = new Set<Name>();
  readonly #lives: OpenProcesses[] = [];
  #daemon!: MortalDaemon;

  async begin(): Promise<void> {
    writeFileSync(join(this.#root, 'program.sh'), PROGRAM);
    for (const one of REAL_NAMES) this.#mode(one, 'runs');
    this.#write();
    await this.#open();
  }

  async take(step: RealStep): Promise<void> {
    switch (step.do) {
      case 'wait':
        return await pause(step.ms);
      case 'mode':
        return this.#mode(step.name, step.mode);
      case 'kill':
        return this.live(step.name).forEach((pid) => kill(pid));
      case 'ask':
      case 'stop':
      case 'start':
        return this.#word(step.do, step.name);
      case 'change':
      case 'take out':
        if (step.do === 'change') this.#versions.set(step.name, step.value);
        else if (this.#versions.size > 1 && this.#versions.delete(step.name)) this.#stopped.delete(step.name);
        this.#write();
        await this.#daemon.kernel.reload();
        return;
      case 'kill daemon':
      case 'restart daemon':
        return this.#next(step.do === 'kill daemon');
      default:
    }
  }

  /** All is healthy: soon each service that is wanted runs, once, and nothing else does. */
  async converges(): Promise<void> {
    for (const one of REAL_NAMES) this.#mode(one, 'runs');
    const endsAt = Date.now() + CONVERGES_MS;
    for (let complaint = this.#complaint(); complaint !== undefined; complaint = this.#complaint()) {
      if (Date.now() > endsAt) throw new Error([complaint, ...this.told(), ...this.#events()].join('\n'));
      await pause(20);
    }
    const twice = this.told().filter((line) => line.endsWith('twice'));
    if (twice.length > 0) throw new Error(`two at once: ${twice.join(', ')}`);
  }

  /** Pids of the service itself, without what it started. */
  live(one: Name): readonly number[] {
    return this.#all().filter((pid) => textOf(`/proc/${pid}/cmdline`).endsWith(`program.sh\0${one}\0`));
  }

  told(): readonly string[] {
    const file = join(this.#root, 'told');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  async end(): Promise<void> {
    try {
      await this.#daemon.kernel.stop(500);
    } finally {
      for (const life of this.#lives) life.close();
      rmSync(this.#root, { recursive: true, force: true }); // a start that is still on its way finds no folder
      for (let quiet = 0; quiet < 5; await pause(10)) {
        const all = this.#all(true);
        all.forEach(kill);
        quiet = all.length === 0 ? quiet + 1 : 0;
      }
      rmSync(this.#root, { recursive: true, force: true });
    }
  }

  /** The last ones, for whoever has to find out why. */
  #events(): readonly string[] {
    const events = this.#daemon.kernel.store.journal.read();
    return events.slice(-60).map(({ seq, type, ref, data }) => `${seq} ${type} ${ref ?? ''} ${JSON.stringify(data)}`);
  }

  #complaint(): string | undefined {
    const managed = new Set<string>();
    for (const one of REAL_NAMES) {
      const isWanted = this.#versions.has(one) && !this.#stopped.has(one);
      const live = this.live(one);
      if (live.length !== (isWanted ? 1 : 0)) return `${one} runs ${live.length} times`;
      if (isWanted && !this.told().includes(`${one} ${live[0]} start`)) return `${one} has not begun`;
      const version = String(this.#versions.get(one));
      if (isWanted && !textOf(`/proc/${live[0]}/environ`).includes(`\0V=${version}\0`)) return `${one} is an old one`;
      const file = join(this.#root, '.realm/data/services', one, 'life.json');
      if (isWanted) managed.add((JSON.parse(readFileSync(file, 'utf8')) as { token: string }).token);
    }
    const strays = this.#all().filter((pid) => !managed.has(tokenOf(pid)));
    return strays.length > 0
      ? `nobody knows of ${strays.map((pid) => textOf(`/proc/${pid}/cmdline`)).join()}`
      : undefined;
  }

  /** Everything that any service of this test started; with its shims where those count. */
  #all(withShims = false): readonly number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && textOf(`/proc/${entry}/environ`).includes(`W=${this.#root}\0`))
      .map(Number)
      .filter((pid) => withShims || !textOf(`/proc/${pid}/cmdline`).includes('shim'));
  }

  #mode(one: Name, mode: Mode): void {
    writeFileSync(join(this.#root, `${one}.mode`), `${mode}\n`);
  }

  async #word(word: 'ask' | 'stop' | 'start', one: Name): Promise<void> {
    if (!this.#versions.has(one)) return;
    const { kernel } = this.#daemon;
    const ref = `service/${one}` as const;
    if (word === 'ask') {
      kernel.store.rows.of('services').set(`asked/${one}`, { at: Date.now(), by: 'user:ann', why: 'upgrade' });
      return kernel.wake(ref);
    }
    const door = localDoor({
      scene: () => kernel.scene,
      set: () => kernel.set,
      kernel,
      holder: null,
      close: async () => {},
    });
    const wish = { ref, effect: 'stop', why: 'a test', actor: 'user:ann' } as const;
    if (word === 'stop' && !this.#stopped.has(one)) {
      this.#stopped.add(one);
      await door.setOverride(wish);
    } else if (word === 'start' && this.#stopped.delete(one)) await door.clearOverride(wish);
  }

  #write(): void {
    const restart = "restart: { backoff: '20ms..100ms', stableAfter: 1s }";
    const lines = [...this.#versions].map(
      ([one, version]) =>
        `  ${one}: { command: [sh, program.sh, ${one}], env: { W: '${this.#root}', V: '${version}' }, stop: { grace: 150ms }, ${restart} }`,
    );
    writeFileSync(join(this.#root, 'realm.config.yaml'), `plugins: [services]\nservices:\n${lines.join('\n')}\n`);
  }

  async #open(): Promise<void> {
    this.#daemon = await mortalDaemon({
      root: this.#root,
      clock: systemClock,
      random: seededRandom(Date.now() + this.#lives.length),
      processes: (crash) => {
        const life = systemProcesses(systemClock, thisSystem(), { crash });
        this.#lives.push(life);
        return life;
      },
      isDoomed: () => false,
    });
    await this.#daemon.kernel.start();
  }

  async #next(isKilled: boolean): Promise<void> {
    const { kernel, state } = this.#daemon;
    if (isKilled) state.isOver = true;
    else await kernel.stop(1_000);
    state.isOver = true;
    for (const life of this.#lives.splice(0)) life.close(); // what stands in its pipe is still read
    await this.#open();
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

const tokenOf = (pid: number): string => /(?:^|\0)REALM_TOKEN=([^\0]*)/.exec(textOf(`/proc/${pid}/environ`))?.[1] ?? '';

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}
