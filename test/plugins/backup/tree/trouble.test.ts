// Files that cannot be saved as they are: each is named, nothing else is lost, and the snapshot says that it is partial.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromText } from '../../../../plugins/backup/byte-text.ts';
import { makeFile } from '../../../../plugins/backup/tree/copy-file.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import { readEntries } from '../../../../plugins/backup/tree/entries-file.ts';
import type { Job } from '../../../../plugins/backup/tree/order.ts';
import { type Found, walk } from '../../../../plugins/backup/tree/walk.ts';
import { runChild } from './child.ts';
import { checkSums, root, toolsFor, type World, world } from './world.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

test.skipIf(!isRoot)('what this user cannot read is named, and all the rest is saved', () => {
  using w = world(); // needs root, to be somebody else than the owner
  w.file('open', 'o');
  chmodSync(w.file('closed', 'c'), 0o600);
  w.file('locked/inside', 'i');
  chmodSync(join(w.src, 'locked'), 0o700);
  mkdirSync(w.target);
  chownSync(w.target, NOBODY, NOBODY);
  chmodSync(w.folder, 0o755);
  const { written } = runChild(w, { uid: NOBODY });
  expect(written?.snapshot).toMatchObject({ status: 'partial', files: 1 });
  expect(written?.troubles.map(({ path, what }) => [path, what])).toEqual([
    ['src/closed', 'unreadable'],
    ['src/locked', 'unreadable'],
  ]);
  checkSums(written!.snapshot.path);
  const behindIt = runChild(w, { uid: NOBODY, policy: w.policy({ tolerate: 9 }) });
  expect(behindIt.written?.snapshot.status, 'a folder is no single file').toBe('partial');
  chmodSync(join(w.src, 'locked'), 0o755);
  chmodSync(join(w.src, 'locked/inside'), 0o600);
  const again = runChild(w, { uid: NOBODY, policy: w.policy({ tolerate: 2 }) });
  expect(again.written).toMatchObject({ snapshot: { status: 'complete' }, linkedFiles: 1 });
});

test('pipes and sockets are told, and make nothing partial; nobody waits for them', async () => {
  using w = world();
  w.file('a');
  execFileSync('mkfifo', [join(w.src, 'pipe')]);
  const server = createServer().listen(join(w.src, 'socket'));
  await new Promise((resolve) => server.on('listening', resolve));
  try {
    const { snapshot, troubles } = await w.write();
    expect(snapshot).toMatchObject({ status: 'complete', files: 1 });
    expect(troubles).toEqual([
      { path: 'src/pipe', what: 'special', why: 'it is a pipe' },
      { path: 'src/socket', what: 'special', why: 'it is a socket' },
    ]);
  } finally {
    server.close();
  }
});

test('a source that is missing, or a link, is never quietly nothing, whatever is tolerated', async () => {
  using w = world();
  w.file('a');
  symlinkSync('a', join(w.src, 'link'));
  for (const name of ['gone', 'src/link']) {
    const { snapshot, troubles } = await w.write({
      roots: [root(w.src, 'src', { include: ['a'] }), root(join(w.folder, name), name)],
      tolerate: 9,
    });
    expect(snapshot.status).toBe('partial');
    expect(troubles).toMatchObject([{ path: join(w.folder, name), what: 'unreadable' }]);
  }
});

/** Found now, and whatever happens to it then. */
const foundIn = (w: World): readonly Found[] =>
  [...walk({ roots: [root(w.src, 'src')], never: [], trouble: () => {} })].filter(({ type }) => type === 'file');

function jobIn(w: World, changes: Partial<Job> = {}): Job {
  mkdirSync(join(w.folder, 'out/src'), { recursive: true });
  return {
    to: fromText(join(w.folder, 'out')),
    parent: undefined,
    takeOver: 'copy',
    readsAll: false,
    racyFromNs: '9999999999999999999',
    mayReplace: false,
    umask: 0o022,
    owner: undefined,
    ...changes,
  };
}

test('vanished, replaced by a link, replaced by a pipe, its folder replaced: told, and nothing foreign is read', () => {
  using w = world();
  for (const name of ['gone', 'link', 'pipe']) w.file(name);
  const found = new Map(foundIn(w).map((one) => [one.path as string, one]));
  const [gone, link, pipe] = ['gone', 'link', 'pipe'].map((name) => join(w.src, name));
  for (const path of [gone!, link!, pipe!]) rmSync(path);
  symlinkSync('/etc/passwd', link!);
  execFileSync('mkfifo', [pipe!]);
  const outcome = (name: string): object => makeFile({ found: found.get(`src/${name}`)! }, jobIn(w));
  expect(outcome('gone')).toMatchObject({ how: 'trouble', what: 'vanished' });
  expect(outcome('link')).toMatchObject({ how: 'trouble', what: 'refused' });
  expect(outcome('pipe')).toMatchObject({ how: 'trouble', what: 'refused' });
});

test('a folder that became a link leads nowhere', () => {
  using w = world();
  w.file('d/passwd', 'mine');
  const [found] = foundIn(w);
  renameSync(join(w.src, 'd'), join(w.folder, 'aside'));
  symlinkSync('/etc', join(w.src, 'd'));
  expect(makeFile({ found: found! }, jobIn(w))).toMatchObject({ how: 'trouble', what: 'refused' });
});

test('another file that took the name in the same folder, as editors do it, is saved', () => {
  using w = world();
  w.file('a', 'old');
  const [found] = foundIn(w);
  w.file('b', 'newer');
  renameSync(join(w.src, 'b'), join(w.src, 'a'));
  expect(makeFile({ found: found! }, jobIn(w))).toMatchObject({ how: 'copied', isUnstable: false, found: { size: 5 } });
  expect(readFileSync(join(w.folder, 'out/src/a'), 'utf8')).toBe('newer');
});

test('a file that never stands still is kept as it was read, told, and read again next time', async () => {
  using w = world();
  const file = w.file('busy', Buffer.alloc(3 << 20, 'x'));
  w.file('calm');
  const change = `const {appendFileSync:a}=require("fs");for(;;)a(${JSON.stringify(file)},"more")`;
  const { spawn } = await import('node:child_process');
  const busy = spawn(process.execPath, ['-e', change], { stdio: 'ignore' });
  try {
    const size = (): number => readFileSync(file).length;
    for (const start = size(); size() === start;) await new Promise((resolve) => setImmediate(resolve));
    let written = await w.write();
    // On a busy machine the other may happen to be halted all the while; then the file stood still.
    for (let again = 0; again < 20 && written.troubles.length === 0; again += 1) written = await w.write();
    const { snapshot, troubles } = written;
    expect(troubles).toMatchObject([{ path: 'src/busy', what: 'unstable' }]);
    expect(snapshot).toMatchObject({ status: 'partial', files: 2 });
    checkSums(snapshot.path);
    const racy = [...readEntries(join(snapshot.path, 'entries.jsonl'))].filter(({ isRacy }) => isRacy);
    expect(racy.map(({ path }) => path)).toContain('src/busy');
  } finally {
    busy.kill('SIGKILL');
  }
});

test('files and folders that come and go while they are walked end nothing', async () => {
  using w = world();
  for (let index = 0; index < 40; index += 1) w.file(`d${index}/keep`, `${index}`);
  const chaos = `const f=require("fs");for(let i=0;;i++){const d=${JSON.stringify(w.src)}+"/d"+i%40;try{f.mkdirSync(d+"/sub");f.writeFileSync(d+"/sub/x",String(i));f.writeFileSync(d+"/y",String(i))}catch{}try{f.rmSync(d+"/sub",{recursive:true});f.rmSync(d+"/y")}catch{}}`;
  const { spawn } = await import('node:child_process');
  const other = spawn(process.execPath, ['-e', chaos], { stdio: 'ignore' });
  try {
    for (let count = 0; count < 5; count += 1) {
      const { snapshot, troubles } = await w.write({}, { links: count % 2 === 0 ? 'auto' : 'copy' });
      checkSums(snapshot.path);
      expect(snapshot.files).toBeGreaterThanOrEqual(40);
      expect(troubles.filter(({ what }) => what === 'refused' || what === 'special')).toEqual([]);
    }
  } finally {
    other.kill('SIGKILL');
  }
});

test('two names that the target takes for one: the first stays as it is, the second is told', () => {
  using w = world();
  w.file('a', 'first');
  const [found] = foundIn(w);
  const job = jobIn(w);
  writeFileSync(join(w.folder, 'out/src/a'), 'there');
  expect(makeFile({ found: found! }, job)).toMatchObject({ how: 'trouble', what: 'refused' });
  expect(readFileSync(join(w.folder, 'out/src/a'), 'utf8')).toBe('there');
  expect(makeFile({ found: found! }, { ...job, mayReplace: true })).toMatchObject({ how: 'copied' });
});

test('the walk meets everything once, in the order of its bytes, whatever the names', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', '-', ' ', '.', '!', '\n', 'é', '~'),
    minLength: 1,
    maxLength: 3,
  });
  const path = fc.array(
    name.filter((one) => !/^\.{1,2}$/.test(one)),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
      using w = world();
      for (const parts of paths) {
        try {
          w.file(parts.join('/'));
        } catch {
          // a file is there where this one needs a folder, or the other way round
        }
      }
      const found = [...walk({ roots: [root(w.src, 'x')], never: [], trouble: () => {} })].map(
        (one) => one.path as string,
      );
      const witness = execFileSync('find', ['.', '-printf', 'x/%P\\0'], { cwd: w.src, encoding: 'latin1' });
      const expected = witness
        .split('\0')
        .slice(0, -1)
        .map((one) => one.replace(/\/$/, ''));
      expect(found).toEqual(expected.sort());
    }),
    { numRuns: 60 },
  );
});

test('the folder of a policy is a link: refused before anything is written, and for whatever is done there', async () => {
  using w = world();
  w.file('a');
  const elsewhere = join(w.folder, 'elsewhere');
  mkdirSync(elsewhere);
  mkdirSync(w.target);
  symlinkSync(elsewhere, join(w.target, 'daily'));
  const refused = {
    code: 'BACKUP_TARGET_UNREADABLE',
    message: expect.stringContaining('is a symbolic link') as string,
  };
  await expect(w.write()).rejects.toMatchObject(refused);
  expect(readdirSync(elsewhere)).toEqual([]);
  const engine = treeEngine({ path: w.target, root: w.folder });
  await expect(engine.list('daily')).rejects.toMatchObject(refused);
  await expect(engine.tidy('daily', toolsFor())).rejects.toMatchObject(refused);
});
