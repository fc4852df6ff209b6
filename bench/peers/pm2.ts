// pm2 (npm), which keeps processes running too: how long its command line takes to start.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from '../frame/figure.ts';
import { realm, timeOf } from '../frame/process.ts';
import { alternate } from '../frame/sample.ts';

export const run: Bench = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'realm-peer-'));
  try {
    await timeOf(['npm', 'install', '--no-audit', '--no-fund', '--prefix', dir, 'pm2@6'], dir);
    const pm2 = join(dir, 'node_modules/pm2/bin/pm2');
    const { ours, theirs } = await alternate(10, {
      ours: () => timeOf(realm('--version'), dir),
      theirs: () => timeOf([process.execPath, pm2, '--version'], dir),
    });
    const versus = 'pm2 --version';
    return [
      { name: 'peer/pm2/version', value: theirs.median, unit: 'ms', spread: theirs.spread },
      {
        name: 'cold-start/version',
        value: ours.median,
        unit: 'ms',
        spread: ours.spread,
        ratio: ours.median / theirs.median,
        versus,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
