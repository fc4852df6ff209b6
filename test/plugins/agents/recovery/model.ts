// A recovery in a small world: a home, snapshots good and bad, a service that obeys, runs that may be lost, and a daemon that dies.
import type { Context, RunView } from '../../../../core/plugin.ts';
import type { Facts, ServiceFacts } from '../../../../plugins/agents/facts.ts';
import { restoreKey, undoKey } from '../../../../plugins/agents/observe.ts';
import type { Agent } from '../../../../plugins/agents/pulse.ts';
import { type Step, stepOf } from '../../../../plugins/agents/recovery/course.ts';
import { holdsService, nextId, readRecovery, type Recovery } from '../../../../plugins/agents/recovery/row.ts';
import { take } from '../../../../plugins/agents/recovery/steps.ts';
import type { AgentSpec } from '../../../../plugins/agents/spec.ts';
import { beatAt, down, factsOf, NOW, running, S, specOf } from '../world.ts';

class Killed extends Error {}

export interface Plan {
  /** Newest first: whether each brings the agent back. */
  readonly snapshots: readonly boolean[];
  /** What becomes of the runs, in order; then all of them succeed. */
  readonly runs: readonly ('good' | 'failed' | 'lost')[];
  /** At these effects (counted) the daemon dies, before or after. */
  readonly kills: readonly { readonly at: number; readonly isAfter: boolean }[];
  /** Before these passes (counted) the machine is off for an hour. */
  readonly naps: readonly number[];
  /** Its home as it is: whether the agent lives in it. */
  readonly isHomeGood: boolean;
}

interface Going {
  readonly key: string;
  readonly action: string;
  readonly input: { readonly avoid?: readonly string[]; readonly uid?: string };
  state: RunView['state'];
  output: unknown;
}

export class World {
  readonly spec: AgentSpec;
  readonly complaints: string[] = [];
  readonly events: { readonly type: string; readonly data: Record<string, unknown> }[] = [];
  readonly restored: string[] = [];
  now = NOW;
  home: string;
  kills = 0;
  readonly #plan: Plan;
  readonly #rows = new Map<string, unknown>();
  readonly #runs: Going[] = [];
  readonly #undo = new Map<string, string>();
  #service: ServiceFacts = down(NOW - 60 * S, {
    failed: 'its service ended 5 times in a row',
    failedSince: NOW - 60 * S,
  });
  #heardAt = NOW - 60 * 60 * S;
  /** Seconds that it has taken to come down so far. */
  #stopping = 0;
  #effects = 0;
  #passes = 0;
  #listeningSince = NOW - 60 * 60 * S;
  #begun = 0;

  constructor(plan: Plan, written: object = {}) {
    this.#plan = plan;
    this.spec = specOf({ recoverWithin: '1m', ...written });
    this.home = plan.isHomeGood ? 'good home' : 'bad home';
  }

  get recovery(): Recovery | null {
    return readRecovery('z', { rows: this.#store() });
  }

  ask(): void {
    const id = nextId(this.recovery);
    this.#rows.set('asked/z', { id, at: this.now, by: 'user:ann', why: 'a test', from: null });
  }

  /** One pass, then a second in which the world goes on. */
  async pass(): Promise<Step> {
    if (this.#plan.naps.includes(this.#passes++)) this.#nap();
    const facts = this.facts();
    const step = stepOf(this.spec, facts, this.now);
    try {
      await take(this.#agent(), step, facts, this.#context());
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.kills += 1;
      this.#listeningSince = this.now;
    }
    this.#goOn();
    return step;
  }

  facts(): Facts {
    const { recovery } = this;
    return factsOf({
      beat: beatAt(this.#heardAt),
      service: this.#service,
      recovery,
      run: recovery === null ? null : this.#runOf(recovery),
      asked: (this.#rows.get('asked/z') as Facts['asked']) ?? null,
      listeningSince: this.#listeningSince,
      was: 'dead',
    });
  }

  /** Runs end with the machine, and services are started again. */
  #nap(): void {
    this.now += 60 * 60 * S;
    this.#listeningSince = this.now;
    for (const run of this.#runs) if (run.state === 'running') run.state = 'lost';
    if (this.#service.isRunning) this.#service = running(this.now);
  }

  #runOf(recovery: Recovery): Facts['run'] {
    const key = (recovery.phase === 'restoring' ? restoreKey : undoKey)('z', recovery);
    const found = this.#runs.find((run) => run.key === key);
    if (found === undefined || (recovery.phase !== 'restoring' && recovery.phase !== 'clearing')) return null;
    const isGood = found.state === 'succeeded';
    return {
      id: key,
      isOver: found.state !== 'running',
      isGood,
      isCutOff: found.state === 'lost',
      reason: isGood ? '' : `${found.state}: so it is`,
      output: found.output,
    };
  }

  #goOn(): void {
    this.now += S;
    for (const run of this.#runs) if (run.state === 'running') this.#end(run);
    const mayRun = !holdsService(this.recovery);
    if (mayRun) this.#stopping = 0;
    if (!mayRun) {
      if (!this.#service.isDown && ++this.#stopping >= 3)
        this.#service = down(this.now, { isDown: true, waitsFor: 'agent/z was lost' });
      return;
    }
    if (this.#service.isDown) this.#service = running(this.now);
    if (!this.#service.isRunning) return;
    const isGood = this.home.startsWith('good') || this.#isGood(this.home);
    if (isGood) this.#heardAt = this.now;
    else if (this.now - this.#service.startedAt! >= 3 * S)
      this.#service = down(this.now, { failed: 'its service ended 5 times in a row', failedSince: this.now });
  }

  #isGood = (id: string): boolean => this.#plan.snapshots[Number(id.slice(1))] === true;

  #end(run: Going): void {
    if (!this.#service.isDown) this.complaints.push(`${run.action} before the service is down`);
    const fate = this.#plan.runs[this.#begun++] ?? 'good';
    run.state = fate === 'good' ? 'succeeded' : fate;
    if (run.action === 'backup.undo') {
      if (fate === 'good') this.home = this.#undo.get(run.input.uid!)!;
      return;
    }
    if (fate !== 'good') return;
    const id = this.#plan.snapshots.map((_good, index) => `s${index}`).find((one) => !run.input.avoid!.includes(one));
    if (id === undefined)
      return void (run.output = { ids: [], top: null, uid: null, remarks: ['no snapshot is left'] });
    const uid = `u${this.#undo.size}`;
    this.#undo.set(uid, this.home);
    this.home = id;
    this.restored.push(id);
    run.output = { ids: [id], top: id, uid, remarks: [] };
  }

  #agent = (): Agent => ({
    ref: 'agent/z',
    name: 'z',
    spec: this.spec,
    generation: 1,
    labels: {},
    after: [],
    awaited: [],
    overrides: [],
  });

  /** The daemon dies before or after something that lasts. */
  #effect(what: () => void): void {
    const kill = this.#plan.kills.find(({ at }) => at === this.#effects);
    this.#effects += 1;
    if (kill?.isAfter === false) throw new Killed();
    what();
    if (kill?.isAfter === true) throw new Killed();
  }

  #store(): Context['rows'] {
    return {
      get: (key) => this.#rows.get(key),
      set: (key, value) => this.#effect(() => void this.#rows.set(key, structuredClone(value))),
      delete: (key) => this.#effect(() => void this.#rows.delete(key)),
      list: () => [],
    };
  }

  #context(): Context {
    const view = ({ key, state, output, action }: Going): RunView => ({
      id: key,
      key,
      action,
      state,
      startedAt: 0,
      endedAt: state === 'running' ? null : 1,
      reason: null,
      output,
    });
    return {
      now: () => this.now,
      random: () => 0.5,
      rows: this.#store(),
      paths: { root: '/realm', data: '/proc/nowhere' },
      log: { debug() {}, info() {}, warn() {}, error() {} },
      conditions: () => [],
      find: () => ({}),
      sleep: async () => {},
      emit: (type: string, data: Record<string, unknown>) => this.#effect(() => void this.events.push({ type, data })),
      runs: (prefix: string) => this.#runs.filter(({ key }) => key.startsWith(prefix)).map(view),
      start: async ({ key, action, input }: { key: string; action: string; input: object }) => {
        this.#effect(() => {
          if (this.#runs.some((run) => run.key === key)) return;
          const isShort = action === 'services.restart';
          const others = this.#runs.filter((run) => run.state === 'running');
          if (!isShort && others.length > 0) this.complaints.push(`${action} beside ${others[0]!.action}`);
          this.#runs.push({ key, action, input, state: isShort ? 'succeeded' : 'running', output: null });
        });
        return { id: key, isNew: true };
      },
    } as unknown as Context;
  }
}
