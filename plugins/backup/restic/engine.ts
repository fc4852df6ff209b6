// The engine that keeps snapshots in a restic repository, by driving the restic program.
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import type { Engine } from '../engine.ts';
import { type Owner, parted } from '../owner.ts';
import { withoutPassword } from '../repository-name.ts';
import { type AskRestic, resticCommand } from './command.ts';
import { entries } from './entries.ts';
import { extract } from './extract.ts';
import { look } from './look.ts';
import type { Place } from './place.ts';
import { census, find, freeLabel, isCommitted, rewrite, snapshotOf } from './repository.ts';
import { withVerification } from './tags.ts';
import { emptyTrash, GRACE_MS, tidy } from './tidy.ts';
import { verify } from './verify.ts';
import { write } from './write.ts';

export interface ResticOptions {
  /** As restic takes it: a folder, `sftp:…`, `rest:…`, `s3:…`. */
  readonly repository: string;
  readonly password: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the root config; a repository that is a relative folder lies below it. */
  readonly root: string;
  /** This plugin's own folder in the state: for restic's cache, and what is on its way in or out. */
  readonly data: string;
  /** The id of the repository that was used before: another one in its place is never written to. */
  readonly expected?: string | undefined;
  /** Why nobody can say which one was used before: then nothing is written. */
  readonly doubt?: string | undefined;
  /** Keeps its id on the other side, before anything is saved in it. */
  readonly remember?: ((id: string) => void) | undefined;
  /** Snapshots of others do not count. Undefined: all are ours. */
  readonly owner?: Owner | undefined;
  readonly program?: string | undefined;
  /** For looking: what starts restic then. */
  readonly ask?: AskRestic | undefined;
  /** Waits; lets runs take turns where restic locks the whole repository. */
  readonly sleep?: ((ms: number) => Promise<void>) | undefined;
}

const BACKEND = /^[a-z][a-z0-9]+:/i;

/** The folder of a local repository; undefined: it is elsewhere. */
export function folderOf(repository: string, root: string): string | undefined {
  const place = repository.replace(/^local:/, '');
  return BACKEND.test(place) ? undefined : resolve(root, place);
}

/** As its engine is named: without the password that some have in it. */
export const nameOf = (repository: string, root: string): string =>
  withoutPassword(folderOf(repository, root) ?? repository);

export function resticEngine(options: ResticOptions): Engine {
  const folder = folderOf(options.repository, options.root);
  const repository = folder ?? options.repository;
  const own = join(options.data, 'restic', createHash('sha256').update(repository).digest('hex').slice(0, 12));
  const restic = resticCommand({ ...options, repository, cache: join(own, 'cache') });
  const { expected, doubt, remember, owner } = options;
  const place: Place = { restic, folder, scratch: join(own, 'scratch'), expected, doubt, remember, owner };

  return {
    kind: 'restic',
    name: restic.name,
    look: () => look(place),
    policies: async () => {
      const { known } = await census(restic, undefined);
      return [...new Set(known.filter(isCommitted).map(({ facts }) => facts.policy))];
    },
    list: async (policy) => {
      const { known, unreadable } = await census(restic, policy);
      const { own: snapshots, others } = parted(
        known.filter(isCommitted).map((one) => snapshotOf(one, restic.name)),
        options.owner,
      );
      return { snapshots, unreadable, ...(others.length > 0 && { others }) };
    },
    write: (job, tools) => write(place, job, tools),
    verify: (snapshot, level, tools, slice) => verify(place, snapshot, level, tools, slice),
    entries: (snapshot) => entries(place, snapshot),
    extract: (snapshot, wanted, tools) => extract(place, snapshot, wanted, tools),
    note: async (snapshot, verification) => {
      const known = await find(restic, snapshot);
      await rewrite(restic, known, (facts) => withVerification(facts, verification, undefined));
    },
    pin: async (snapshot, pin) => {
      const known = await find(restic, snapshot);
      await rewrite(restic, known, (facts) => ({ ...facts, pin }));
    },
    answer: async (snapshot, answer) => {
      const known = await find(restic, snapshot);
      if (known.facts.change === undefined) return;
      await rewrite(restic, known, ({ change, ...facts }) => ({ ...facts, change: change && { ...change, answer } }));
    },
    remove: async (snapshots, why, tools) => {
      for (const snapshot of snapshots) {
        const known = await find(restic, snapshot);
        if (!isCommitted(known)) continue;
        tools.step('backup.remove:before');
        const trash = { why: why(snapshot), purgeAt: tools.now() + GRACE_MS };
        await rewrite(restic, known, (facts) => ({ ...facts, trash }));
        tools.step('backup.remove:after');
      }
    },
    trash: async (policy) => {
      const { known } = await census(restic, policy);
      return known.flatMap((one) => {
        const { trash, status } = one.facts;
        return trash === undefined || status === undefined
          ? []
          : [{ snapshot: snapshotOf(one, restic.name), ...trash }];
      });
    },
    undelete: async (snapshot, tools) => {
      const known = await find(restic, snapshot);
      if (known.facts.trash === undefined) {
        throw new RealmError('BACKUP_UNKNOWN', `${snapshot.id} is not in the trash of ${restic.name}`);
      }
      const others = (await census(restic, snapshot.policy)).known.filter(isCommitted);
      const label = freeLabel(
        known.facts.label,
        others.map(({ facts }) => facts.label),
      );
      tools.step('backup.undelete:before');
      await rewrite(restic, known, (facts) => ({ ...facts, label, trash: undefined }));
      tools.step('backup.undelete:after');
    },
    emptyTrash: (policy, tools, most) => emptyTrash(place, policy, most, tools),
    tidy: (policy, tools) => tidy(place, policy, tools),
  };
}
