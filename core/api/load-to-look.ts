// Loads a realm in a process that only looks: nothing that did not come with Realm runs while it may start processes.
import type { Source } from '../config/source.ts';
import { type Loaded, type LoadOptions, loadRealm } from '../kernel/load.ts';
import type { Outside } from '../os/ask-outside.ts';
import { isBuiltIn } from '../registry/find.ts';
import type { Registry } from '../registry/registry.ts';

export interface LoadedToLook {
  readonly loaded: Loaded;
  /** The way to ask tools, where a plugin may: to be closed in the end. */
  readonly outside: Outside | undefined;
}

/** As `loadRealm`. However it ends, the right to start processes is gone. */
export async function loadToLook(options: LoadOptions): Promise<LoadedToLook> {
  let outside: Outside | undefined;
  const giveUp = async (): Promise<void> => {
    outside ??= await giveUpProcesses();
  };
  const onSource = async ({ plugins }: Source): Promise<void> => {
    if (!plugins.every(({ name }) => isBuiltIn(name))) await giveUp();
  };
  try {
    const loaded = await loadRealm({ ...options, onSource });
    if (asksTools(loaded.registry)) await giveUp();
    return { loaded, outside };
  } catch (error) {
    outside?.close();
    throw error;
  } finally {
    if (mayStart()) process.permission.drop('child');
  }
}

/** Only the verbs that observe are started with the right to start processes. */
const mayStart = (): boolean => process.permission?.has('child');

/** Whoever asks from outside is a process, and is made only for who may have questions. */
const giveUpProcesses = async (): Promise<Outside | undefined> =>
  mayStart() ? (await import('../os/ask-outside.ts')).giveUpProcesses() : undefined;

const asksTools = ({ kinds }: Registry): boolean =>
  [...kinds.values()].some(({ kind }) => (kind.observes ?? []).length > 0);
