// A process, not root's, that clears away what a restore of a read-only folder left.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fromText } from '../../../../plugins/backup/byte-text.ts';
import { discard } from '../../../../plugins/backup/restore/course.ts';
import type { SwapJournal } from '../../../../plugins/backup/restore/journal.ts';

const [, , holder, uid] = process.argv as [string, string, string, string];
// Only now: what it is made of may lie where nobody but root can read.
if (process.getuid?.() === 0) {
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
mkdirSync(`${holder}/old/agents/z`, { recursive: true });
writeFileSync(`${holder}/old/agents/z/soul.md`, '');
chmodSync(`${holder}/old/agents/z`, 0o555);
const journal: Partial<SwapJournal> = { holders: [fromText(holder)], made: [], opened: [] };
discard(journal as SwapJournal);
process.stdout.write(`${process.getuid?.()} ${existsSync(holder)}`);
