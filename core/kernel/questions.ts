// Questions that plugins put to people about what has happened: kept with the approvals, but nothing waits for them.
import type { Asked, Questions } from '../contract/context.ts';
import type { ApprovalRow } from '../store/approvals.ts';
import { closeApproval, MOST_WAITING, putApproval, questionHash } from './approvals.ts';
import type { Scene } from './scene.ts';

/** Those of one plugin. */
export function questionsOf(plugin: string, scene: Scene): Questions {
  const { store, world } = scene;
  const all = (prefix: string): readonly ApprovalRow[] =>
    store.approvals
      .all()
      .filter(({ hash, state }) => state !== 'expired' && hash.startsWith(questionHash(plugin, prefix)));
  return {
    ask({ key, ref, what }) {
      const hash = questionHash(plugin, key);
      const known = store.approvals.find(ref, hash);
      if (known !== undefined && known.state !== 'expired') return;
      const waiting = all('').filter((one) => one.ref === ref && one.state === 'waiting').length;
      if (waiting >= MOST_WAITING) return;
      const id = world.random.id(4);
      const asked = { id, what, ref, hash, createdAt: world.clock.now(), expiresAt: null };
      world.crash('question:before');
      putApproval(
        { ...asked, actor: null, reason: null, state: 'waiting' },
        { type: 'approval.requested', ref, actor: `plugin:${plugin}`, status: 'waiting', data: { id, ref, what } },
        scene,
      );
      world.crash('question:after');
    },
    list: (prefix = '') => all(prefix).map((row) => askedOf(row, plugin)),
    close(key, why) {
      const row = all(key).find(({ hash }) => hash === questionHash(plugin, key));
      if (row?.state === 'waiting') closeApproval(row, why, scene);
    },
  };
}

const askedOf = ({ hash, id, ref, what, state, actor, reason }: ApprovalRow, plugin: string): Asked => ({
  key: hash.slice(questionHash(plugin, '').length),
  id,
  ref,
  what,
  state: state === 'approved' || state === 'denied' ? state : 'waiting',
  by: actor,
  why: reason,
});
