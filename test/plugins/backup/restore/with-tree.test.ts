// The same with the real engine: what it wrote is restored, in place and elsewhere, drilled, and begun from with nothing else.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../../../plugins/backup/engine.ts';
import type { Root } from '../../../../plugins/backup/policy.ts';
import { bootstrap, planBootstrap, policiesIn } from '../../../../plugins/backup/restore/bootstrap.ts';
import { drill } from '../../../../plugins/backup/restore/drill.ts';
import { planRestore } from '../../../../plugins/backup/restore/plan.ts';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { undo } from '../../../../plugins/backup/restore/undo.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import { policyOf } from './plain-engine.ts';
import { setting } from './place-for-tests.ts';
import { age, type Setting, witness } from './realm-for-tests.ts';

interface WithTree extends Setting {
  readonly tree: Engine;
  readonly path: string;
  save(policy: string, roots: readonly Root[]): Promise<string>;
}

function treeSetting(): WithTree {
  const at = setting();
  const path = join(at.folder, 'backups');
  const tree = treeEngine({ path, root: at.config });
  return {
    ...at,
    tree,
    path,
    async save(policy, roots) {
      const job = {
        policy: policyOf(policy, roots, [path, at.state]),
        trigger: 'manual' as const,
        slot: null,
        tags: [],
      };
      return (await tree.write({ ...job, dumps: undefined }, at.tools)).snapshot.id;
    },
  };
}

function fill(at: Setting): void {
  at.write({ 'realm.config.yaml': 'realm: { name: r }\n', 'agents/z/SOUL.md': 'soul', 'agents/z/a b/c': 'x' });
  const z = join(at.config, 'agents/z');
  mkdirSync(join(z, 'empty'));
  symlinkSync('SOUL.md', join(z, 'link'));
  linkSync(join(z, 'SOUL.md'), join(z, 'twin'));
  writeFileSync(Buffer.concat([Buffer.from(`${z}/`), Buffer.from([0xff, 0x0a, 0x5c])]), 'odd');
  writeFileSync(join(z, 'locked'), 'l', { mode: 0o440 });
  chmodSync(join(z, 'a b'), 0o750);
  age(at.config);
}

test('what the tree engine wrote comes back, in place and elsewhere, and is undone', async () => {
  const at = treeSetting();
  fill(at);
  const before = witness(join(at.config, 'agents'));
  const id = await at.save('daily', [at.root('agents')]);
  const layers = [{ policy: 'daily', engines: [at.tree] }];
  const wish = { layers, configFolder: at.config, never: [at.path, at.state] };
  const to = join(at.folder, 'there');
  await restore(await planRestore({ ...wish, to }), { stateDir: at.state }, at.tools);
  expect(witness(join(to, 'agents'))).toBe(before);
  expect(statSync(join(to, 'agents/z/twin')).nlink).toBe(2);
  at.write({ 'agents/z/SOUL.md': 'hurt' });
  rmSync(join(at.config, 'agents/z/link'));
  const hurt = witness(join(at.config, 'agents'));
  const safety = { engines: [at.tree], policy: policyOf('daily', [], [at.path, at.state]) };
  const done = await restore(await planRestore(wish), { stateDir: at.state, safety }, at.tools);
  expect(done.snapshots).toEqual([`${id} in ${at.path}`]);
  expect(witness(join(at.config, 'agents'))).toBe(before);
  const { snapshots } = await at.tree.list('daily');
  expect(snapshots.map(({ trigger }) => trigger)).toEqual(['manual', 'safety']);
  // What lies aside for the undo is in no snapshot.
  await at.save('daily', [at.root('')]);
  const saved = readdirSync((await at.tree.list('daily')).snapshots.at(-1)!.path, { recursive: true }).map(String);
  expect(saved.filter((name) => name.includes('realm-restore'))).toEqual([]);
  await undo({ stateDir: at.state, uid: done.uid }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(hurt);
});

test('a flipped byte is restored around, and fails a drill', async () => {
  const at = treeSetting();
  fill(at);
  await at.save('daily', [at.root('agents')]);
  writeFileSync(join(at.config, 'agents/z/SOUL.md'), 'soul, and more');
  const second = await at.save('daily', [at.root('agents')]);
  const file = join(at.path, second, 'data/agents/z/SOUL.md');
  chmodSync(file, 0o600);
  writeFileSync(file, 'soul, and lore');
  const wish = { layers: [{ policy: 'daily', engines: [at.tree] }], configFolder: at.config, never: [at.path] };
  const to = join(at.folder, 'there');
  const done = await restore(await planRestore({ ...wish, to }), { stateDir: at.state }, at.tools);
  expect(done.substitutes.map(({ isExact }) => isExact)).toEqual([false]);
  expect(readFileSync(join(to, 'agents/z/SOUL.md'), 'utf8')).toBe('soul');
  const drills = {
    engine: at.tree,
    policy: 'daily',
    assert: ['test -s agents/z/SOUL.md'],
    scratchIn: at.state,
    never: [at.path],
  };
  expect(await drill({ ...drills, pick: 'latest' }, at.tools)).toMatchObject({
    isGood: false,
    snapshot: { id: second },
  });
  expect(await drill({ ...drills, pick: 'oldest' }, at.tools)).toMatchObject({ isGood: true, files: 5 });
  const levels = (await at.tree.list('daily')).snapshots.flatMap(({ verifications }) =>
    verifications.map(({ level, isGood }) => `${level} ${isGood}`),
  );
  expect(levels).toContain('drill true');
  expect(levels).toContain('drill false');
});

test('a realm begins again from nothing but a target', async () => {
  const at = treeSetting();
  fill(at);
  writeFileSync(join(at.folder, 'outside'), 'o');
  const outside: Root = {
    from: join(at.folder, 'outside'),
    as: `@root${at.folder}/outside`,
    include: undefined,
    exclude: [],
  };
  await at.save('weekly', [at.root('agents'), at.root('realm.config.yaml'), outside]);
  writeFileSync(join(at.config, 'agents/z/SOUL.md'), 'newer');
  age(at.config);
  await at.save('daily', [at.root('agents')]);
  const before = witness(join(at.config, 'agents'));
  rmSync(at.config, { recursive: true });
  const to = join(at.folder, 'again');
  const engine = treeEngine({ path: at.path, root: to });
  const there = await policiesIn({ engine });
  expect(there.map(({ policy, snapshots }) => [policy, snapshots.length])).toEqual([
    ['daily', 1],
    ['weekly', 1],
  ]);
  const plan = await planBootstrap({ path: at.path, engine, to });
  const done = await bootstrap(plan, at.tools);
  expect(done).toMatchObject({ hasConfig: true, outside: join(to, '@root') });
  expect(witness(join(to, 'agents'))).toBe(before);
  expect(readFileSync(join(to, `@root${at.folder}/outside`), 'utf8')).toBe('o');
  expect(existsSync(`${to}.bootstrap`)).toBe(false);
  await expect(policiesIn({ engine: treeEngine({ path: at.folder, root: to }) })).rejects.toMatchObject({
    code: 'BACKUP_TARGET_UNREADABLE',
  });
});

test('a list of files that is damaged is gone around: by the same snapshot elsewhere, by an older one, or it says so', async () => {
  const at = treeSetting();
  const second = treeEngine({ path: join(at.folder, 'second'), root: at.config });
  const ids: string[] = [];
  for (const text of ['old', 'new']) {
    at.write({ 'agents/z/a': text });
    ids.push(await at.save('daily', [at.root('agents')]));
  }
  const list = join(at.path, ids[1]!, 'entries.jsonl');
  chmodSync(list, 0o644);
  writeFileSync(list, readFileSync(list, 'utf8').replace('agents/z/a', 'agents/z/b'));
  const wish = { configFolder: at.config, never: [at.path, at.state] };
  const textFrom = async (engines: readonly Engine[], id?: string): Promise<{ text: string; remarks: string }> => {
    const to = join(at.folder, `to-${readdirSync(at.folder).length}`);
    const layer = { policy: 'daily', engines, ...(id === undefined ? {} : { id }) };
    const plan = await planRestore({ ...wish, to, layers: [layer] });
    await restore(plan, { stateDir: at.state }, at.tools);
    return { text: readFileSync(join(to, 'agents/z/a'), 'utf8'), remarks: plan.remarks.join() };
  };
  expect(await textFrom([at.tree])).toEqual({ text: 'old', remarks: expect.stringContaining('it is left out') });
  await expect(textFrom([at.tree], ids[1])).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  const job = { policy: policyOf('daily', [at.root('agents')], []), trigger: 'manual' as const, slot: null, tags: [] };
  await second.write({ ...job, dumps: undefined }, at.tools);
  expect((await textFrom([at.tree, second])).text).toBe('new');
});
