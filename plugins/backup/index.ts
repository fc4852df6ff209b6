// Keeps backups: due ones exist, are read back, go when nothing keeps them, and are proven by restoring them.
import { definePlugin } from 'realm-runner/plugin';
import { hear } from './hear.ts';
import { settleInterrupted } from './interrupted.ts';
import { backup } from './kind.ts';
import { backupApi } from './lend.ts';
import { approveVerb } from './verbs/approve.ts';
import { bootstrapVerb } from './verbs/bootstrap.ts';
import { diffVerb } from './verbs/diff.ts';
import { drillVerb } from './verbs/drill.ts';
import { findVerb, listVerb, showVerb } from './verbs/list.ts';
import { pinVerb, undeleteVerb, unpinVerb } from './verbs/pin.ts';
import { pruneVerb } from './verbs/prune.ts';
import { recoverVerb } from './verbs/recover.ts';
import { restoreVerb } from './verbs/restore.ts';
import { revertVerb } from './verbs/revert.ts';
import { runVerb } from './verbs/run.ts';
import { undoVerb } from './verbs/undo.ts';
import { settleVerb } from './verbs/settle.ts';
import { verifyVerb } from './verbs/verify.ts';
import { watchSources } from './watch.ts';

export default definePlugin({
  name: 'backup',
  summary: 'Keeps backups that are due, complete, verified, and proven by restoring them.',
  wants: ['hosts', 'services', 'alerts'],
  setup(realm) {
    realm.kind(backup);
    realm.provide('backup', backupApi);
    realm.action(runVerb);
    realm.action(listVerb);
    realm.action(showVerb);
    realm.action(findVerb);
    realm.action(diffVerb);
    realm.action(approveVerb);
    realm.action(revertVerb);
    realm.action(verifyVerb);
    realm.action(pruneVerb);
    realm.action(restoreVerb);
    realm.action(undoVerb);
    realm.action(settleVerb);
    realm.action(recoverVerb);
    realm.action(bootstrapVerb);
    realm.action(drillVerb);
    realm.action(pinVerb);
    realm.action(unpinVerb);
    realm.action(undeleteVerb);
    realm.background('interrupted restores', settleInterrupted);
    realm.background('watched sources', watchSources);
    realm.follow('runs', ['run.ended', 'realm.started', 'realm.reloaded'], hear);
  },
});
