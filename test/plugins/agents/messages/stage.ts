// Messages on a stage: real folders and a real log, agents that are alive when told, and turns that come when asked for.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context } from '../../../../core/contract/context.ts';
import { decode } from '../../../../core/schema/decode.ts';
import { carry } from '../../../../plugins/agents/messages/carry.ts';
import { Post, type PostParts } from '../../../../plugins/agents/messages/post.ts';
import { type MessagesSettings, messagesSettings } from '../../../../plugins/agents/messages/settings.ts';

/** Nothing here cuts the power, so no test has to wait for a disk. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface Told {
  readonly type: string;
  readonly ref: string | undefined;
  readonly data: Record<string, unknown>;
}

export const settingsOf = (written: object, root: string): MessagesSettings => {
  const decoded = decode(messagesSettings, written, { root });
  if (!decoded.ok) throw new TypeError(`${decoded.path.join('.')} ${decoded.why}`);
  return decoded.value;
};

export const newRoot = (): string => {
  const root = mkdtempSync(join(MEMORY, 'realm-messages-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
};

export interface StageOptions {
  readonly settings?: object;
  readonly agents?: readonly string[];
  /** Of these agents. Default: all. */
  readonly alive?: readonly string[];
  readonly root?: string;
  readonly parts?: Partial<PostParts>;
  readonly crash?: (name: string) => void;
  /** ms since the epoch at its begin. */
  readonly now?: number;
}

/** Until `end`, it is one life of the daemon; a second stage in the same root is the next one. */
export class Stage {
  readonly root: string;
  readonly told: Told[] = [];
  readonly warned: string[] = [];
  /** ms since the epoch. */
  now: number = 0;
  readonly alive: Set<string>;
  readonly agents: string[];
  /** What their conditions say: of those that are alive, before the next pass of each also of those that just were. */
  readonly wasAlive = new Set<string>();
  /** Refs that are ready besides. */
  readonly ready = new Set<string>();
  post!: Post;
  readonly #settings: MessagesSettings;
  readonly #crash: (name: string) => void;
  readonly #over = new AbortController();
  #next = Promise.withResolvers<void>();
  #rests = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();

  constructor({
    settings = {},
    agents = ['z', 'jay'],
    alive = agents,
    root = newRoot(),
    crash = () => {},
  }: StageOptions) {
    this.root = root;
    this.agents = [...agents];
    this.alive = new Set(alive);
    this.#crash = crash;
    this.#settings = settingsOf(settings, root);
    for (const agent of agents) mkdirSync(this.home(agent), { recursive: true });
  }

  static async begin(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    const { crash } = options;
    stage.post = await Post.open({
      folder: join(stage.root, 'messages'),
      now: () => stage.now,
      ...(crash === undefined ? {} : { crash }),
      ...options.parts,
    });
    stage.#live();
    onTestFinished(() => stage.kill());
    try {
      await Promise.race([stage.#rests.promise, stage.#life]);
    } catch (error) {
      await stage.kill();
      throw error;
    }
    return stage;
  }

  home(agent: string): string {
    return join(this.root, 'agents', agent);
  }

  /** As an agent writes: whole at once. */
  write(from: string, name: string, said: object | string): void {
    const outbox = join(this.home(from), 'outbox');
    mkdirSync(outbox, { recursive: true });
    writeFileSync(join(outbox, `.${name}.tmp`), typeof said === 'string' ? said : JSON.stringify(said));
    renameSync(join(outbox, `.${name}.tmp`), join(outbox, name));
  }

  outbox(agent: string): readonly string[] {
    return names(join(this.home(agent), 'outbox'));
  }

  /** What lies in an inbox, in the order of the names. */
  inbox(agent: string): readonly Record<string, unknown>[] {
    const inbox = join(this.home(agent), 'inbox');
    return names(inbox).map((name) => JSON.parse(readFileSync(join(inbox, name), 'utf8')) as Record<string, unknown>);
  }

  ids(agent: string): readonly unknown[] {
    return this.inbox(agent).map(({ id }) => id);
  }

  /** As an agent acknowledges: everything, or these; in one of the two ways. */
  acknowledge(agent: string, how: 'delete' | 'done' = 'delete', ids?: readonly string[]): void {
    const inbox = join(this.home(agent), 'inbox');
    for (const name of names(inbox)) {
      const { id } = JSON.parse(readFileSync(join(inbox, name), 'utf8')) as { id: string };
      if (ids !== undefined && !ids.includes(id)) continue;
      if (how === 'delete') rmSync(join(inbox, name));
      else {
        mkdirSync(join(inbox, 'done'), { recursive: true });
        renameSync(join(inbox, name), join(inbox, 'done', name));
      }
    }
  }

  /** It is another folder from now on, and empty. */
  renewInbox(agent: string): void {
    const inbox = join(this.home(agent), 'inbox');
    renameSync(inbox, `${inbox}.old`);
    mkdirSync(inbox);
    rmSync(`${inbox}.old`, { recursive: true });
  }

  stateOf(id: string): string | undefined {
    return this.post.book.withId(id)?.state;
  }

  reasonOf(id: string): string | undefined {
    return this.post.book.withId(id)?.reason;
  }

  events(type: string): readonly Told[] {
    return this.told.filter((one) => one.type === `messages.${type}`);
  }

  /** One turn of the loop, to its end; a defect in it is thrown. */
  async turn(ms = 0): Promise<void> {
    this.now += ms;
    this.#rests = Promise.withResolvers<void>();
    this.#next.resolve();
    await Promise.race([this.#rests.promise, this.#life]);
  }

  /** As `realm down`. */
  async end(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#next.resolve();
    await this.#life;
    await this.post.close();
  }

  /** As by `kill -9`: nothing of it writes any more. */
  async kill(): Promise<void> {
    this.#over.abort();
    this.#next.resolve();
    await this.#life.catch(() => {}); // it may be why it is killed
    await this.post.close();
  }

  #live(): void {
    const ctx = this.context();
    const wait = async (): Promise<void> => {
      this.#next = Promise.withResolvers<void>();
      this.#rests.resolve();
      await this.#next.promise;
    };
    this.#life = carry({
      post: this.post,
      settings: this.#settings,
      ctx,
      isAlive: ({ name }) => this.alive.has(name),
      wait,
      ring: () => {},
      crash: this.#crash,
    });
    this.#life.catch(() => {}); // a turn throws it
  }

  /** The part of a context that messages need. */
  context(): Context {
    const part: Partial<Context> = {
      signal: this.#over.signal,
      now: () => this.now,
      random: () => 0.5,
      log: { debug: () => {}, info: () => {}, warn: (said) => void this.warned.push(said), error: () => {} },
      sleep: async () => {},
      resources: ((kind: string) =>
        (kind === 'agent' ? this.agents : []).map((name) => ({
          ref: `agent/${name}`,
          name,
          spec: { home: this.home(name) },
        }))) as never,
      conditions: (ref) => {
        const name = ref.slice('agent/'.length);
        const isReady =
          this.ready.has(ref) || (ref.startsWith('agent/') && (this.alive.has(name) || this.wasAlive.has(name)));
        return [{ type: 'Ready', status: isReady ? 'True' : 'False', reason: '', message: '', since: 0 }];
      },
      emit: (type, data, about) =>
        void this.told.push({ type, ref: about?.ref, data: data as unknown as Record<string, unknown> }),
    };
    return part as Context;
  }
}

export const names = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
        .sort()
    : [];
