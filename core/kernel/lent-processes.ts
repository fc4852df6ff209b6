// Lends the machine's processes to plugins: each sees and hears its own, and one that throws is in trouble alone.
import type { ProcessHandle, Processes } from '../contract/processes.ts';
import { messageOf } from '../errors.ts';
import { type OpenProcesses, systemProcesses } from '../os/processes.ts';
import { thisSystem } from '../os/system.ts';
import type { World } from './world.ts';

export type Trouble = (plugin: string, where: string, message: string | null) => void;

const HEARING = 'hearing of a process that ended';

/** Lives as long as the kernel: processes do not notice when plugins are set up anew. */
export class LentProcesses {
  readonly #world: World;
  readonly #trouble: Trouble;
  #open: OpenProcesses | undefined;
  /** Whose process it is, by token. */
  readonly #owners = new Map<string, string>();

  constructor(world: World, trouble: Trouble) {
    this.#world = world;
    this.#trouble = trouble;
  }

  /** Everybody's, made when somebody asks. */
  get all(): OpenProcesses {
    if (this.#open !== undefined) return this.#open;
    const { clock, crash, processes } = this.#world;
    const trouble = ({ dir, token }: ProcessHandle, message: string | null): void =>
      this.#trouble(this.#owners.get(token) ?? 'kernel', `looking at ${dir}`, message);
    this.#open = processes?.() ?? systemProcesses(clock, thisSystem(), { crash, trouble });
    this.#open.exits(({ token }) => queueMicrotask(() => this.#owners.delete(token))); // when all have heard
    return this.#open;
  }

  /** For one plugin, until the signal aborts: then it hears no more. */
  for(plugin: string, signal: AbortSignal): Processes {
    const { all } = this;
    const isOwn = ({ token }: ProcessHandle): boolean => this.#owners.get(token) === plugin;
    return {
      start: async (wish) => {
        this.#owners.set(wish.token, plugin);
        try {
          return await all.start(wish);
        } catch (error) {
          this.#owners.delete(wish.token);
          throw error;
        }
      },
      look: (dir, token) => all.look(dir, token),
      adopt: (dir, token) => {
        const handle = all.adopt(dir, token);
        if (handle.exit === undefined) this.#owners.set(token, plugin);
        return handle;
      },
      list: () => all.list().filter(isOwn),
      members: (handle) => all.members(handle),
      signal: (handle, name) => all.signal(handle, name),
      sweep: (handle) => all.sweep(handle),
      exits: (hear) => {
        const hearNoMore = all.exits((handle) => {
          if (isOwn(handle) && !signal.aborted) this.#tell(plugin, hear, handle);
        });
        const stop = (): void => {
          signal.removeEventListener('abort', stop);
          hearNoMore();
        };
        signal.addEventListener('abort', stop);
        return stop;
      },
    };
  }

  #tell(plugin: string, hear: (handle: ProcessHandle) => void, handle: ProcessHandle): void {
    try {
      hear(handle);
      this.#trouble(plugin, HEARING, null);
    } catch (error) {
      this.#trouble(plugin, HEARING, messageOf(error));
    }
  }

  /** Stops watching. All processes live on. */
  close(): void {
    this.#open?.close();
  }
}
