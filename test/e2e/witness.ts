// A plugin as a witness: it writes down each start of a daemon, and its long action writes a token.
/** Says who starts, and whether somebody who started before still lives; runs that write a token each. */
export const witness = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { definePlugin, s } from 'realm-runner/plugin';

const lives = (pid) => {
  try {
    const stat = readFileSync('/proc/' + pid + '/stat', 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0]);
  } catch {
    return false;
  }
};

export default definePlugin({
  name: 'witness',
  summary: 'Says what it sees.',
  setup(realm) {
    realm.tap('starting', async (ctx) => {
      const file = join(ctx.paths.root, 'starts');
      const before = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\\n') : [];
      const others = before.filter((pid) => pid !== String(process.pid) && lives(pid));
      appendFileSync(file, others.length === 0 ? process.pid + '\\n' : process.pid + ' beside ' + others + '\\n');
    });
    realm.action({
      name: 'witness.write',
      summary: 'Writes a token, after a while.',
      input: s.object({ token: s.string(), afterMs: s.integer() }),
      effect: 'write',
      long: true,
      run: async ({ token, afterMs }, ctx) => {
        await pause(afterMs);
        appendFileSync(join(ctx.paths.root, 'tokens'), token + '\\n');
      },
    });
  },
});
`;
