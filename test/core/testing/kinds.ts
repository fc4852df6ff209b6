// Kinds for tests of the suite: an honest one, and one planted with each lie that the suite must find.
import { chmod, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Kind } from '../../../core/contract/kind.ts';
import { absent, again } from '../../../core/contract/kind.ts';
import { definePlugin } from '../../../core/contract/plugin.ts';
import { s } from '../../../core/schema/schema.ts';
import type { Infer } from '../../../core/schema/schema.ts';

const spec = s.object({ path: s.path(), text: s.string(), mode: s.mode().default('0644') });
const state = s.object({ text: s.string(), mode: s.mode() });
type Spec = Infer<typeof spec>;
type State = Infer<typeof state>;
type Note = Kind<Spec, State>;

const honest: Note = {
  name: 'note',
  section: 'notes',
  spec,
  state,
  identity: ['path'],
  watch: ({ path }) => [path],
  observe: async ({ spec: { path } }) => {
    try {
      return { text: await readFile(path, 'utf8'), mode: (await stat(path)).mode & 0o7777 };
    } catch (error) {
      return absent('ENOENT')(error);
    }
  },
  apply: async ({ spec: { path, text, mode } }) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await chmod(path, mode);
  },
  remove: ({ spec: { path } }) => rm(path, { force: true }),
};

export const notes = (over: Partial<Note> = {}) =>
  definePlugin({ name: 'notes', summary: 'Notes.', setup: (realm) => realm.kind({ ...honest, ...over }) });

let calls = 0;
const append = (path: string): Promise<void> => writeFile(path, 'x', { flag: 'a' });

/** The check that must find it, and the lie. */
export const lies: Readonly<Record<string, readonly [check: RegExp, lie: Partial<Note>]>> = {
  'sees something before it is there': [/seen as null/, { observe: async () => ({ text: '', mode: 0 }) }],
  'throws when nothing is there': [
    /seen as null/,
    { observe: async ({ spec: { path } }) => ({ text: await readFile(path, 'utf8'), mode: 0o644 }) },
  ],
  'writes while looking': [
    /observe touches nothing/,
    { observe: async (want, ctx) => (await append(`${want.spec.path}.seen`), honest.observe!(want, ctx)) },
  ],
  'touches the time of the file while looking': [
    /observe touches nothing/,
    {
      observe: async (want, ctx) => {
        const seen = await honest.observe!(want, ctx);
        if (seen !== null) await utimes(want.spec.path, 1, ++calls);
        return seen;
      },
    },
  ],
  'says done and does nothing': [/apply converges/, { apply: async () => {} }],
  'always wants more time': [/apply converges/, { apply: async () => again(10, 'not yet') }],
  'answers a state of another shape': [
    /apply converges/,
    {
      observe: async (want, ctx) => ({ ...(await honest.observe!(want, ctx))!, mode: '0644' as unknown as number }),
      diff: () => [],
    },
  ],
  'always finds something to do': [
    /changes nothing/,
    {
      diff: (_, seen, __, now) =>
        seen !== null && now > 0 && calls++ % 2 === 1 ? [] : [{ action: 'update', path: 'text' }],
    },
  ],
  'appends instead of writing': [
    /idempotent/,
    { apply: async ({ spec: { path, text } }) => writeFile(path, text, { flag: 'a' }) },
  ],
  'heals only what it remembers': [
    /crash/,
    {
      diff: (want, seen, last) =>
        last === undefined && seen !== null
          ? [{ action: 'update', path: '' }]
          : seen?.text === want.text
            ? []
            : [{ action: 'update', path: 'text' }],
    },
  ],
  'goes on after its signal aborted': [/aborted signal/, { apply: () => new Promise(() => {}) }],
  'does not look at what it keeps': [
    /by hand/,
    { diff: (_, seen) => (seen === null ? [{ action: 'create', path: '' }] : []) },
  ],
  'leaves something behind': [
    /another identity/,
    { apply: async (want, changes, ctx) => (await append(`${want.spec.path}.bak`), honest.apply!(want, changes, ctx)) },
  ],
  'removes nothing': [/removing is complete/, { remove: async () => {} }],
  'fails when there is nothing to remove': [/removing is complete/, { remove: ({ spec: { path } }) => rm(path) }],
  'changes its arguments': [/pure/, { watch: (want) => [((want as { path: string }).path += '/x')] }],
  'shows the time in a change': [
    /pure/,
    { diff: (_, seen, __, now) => (seen === null ? [{ action: 'create', path: '', to: now }] : []) },
  ],
  'answers by chance': [/pure/, { keeps: () => `${calls++} notes` }],
  'wants to be asked in the past': [/pure/, { next: (_, __, now) => now - 1 }],
};
