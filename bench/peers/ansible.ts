// Ansible (apt), which also compares declared files with the disk: a dry run over 100 files that are as declared.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../frame/figure.ts';
import { realm, timeOf } from '../frame/process.ts';
import { appliedRealm } from '../frame/realm-folder.ts';
import { alternate } from '../frame/sample.ts';

const COUNT = 100;
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

async function install(): Promise<void> {
  if (has('ansible-playbook')) return;
  if (process.getuid?.() !== 0 || !has('apt-get'))
    throw new Error('ansible-playbook is not installed, and apt-get needs root');
  await timeOf(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'ansible-core'], '/');
}

const playbook = (dir: string): string =>
  JSON.stringify([
    {
      hosts: 'localhost',
      connection: 'local',
      gather_facts: false,
      tasks: Array.from({ length: COUNT }, (_, n) => ({
        copy: { dest: join(dir, `files/${n}.txt`), content: `file number ${n}` },
      })),
    },
  ]);

export const run: Bench = async () => {
  await install();
  const folder = await appliedRealm(COUNT);
  try {
    const file = join(folder.dir, 'playbook.json');
    writeFileSync(file, playbook(folder.dir));
    const { ours, theirs } = await alternate(3, {
      ours: () => timeOf(realm('plan'), folder.dir),
      theirs: () => timeOf(['ansible-playbook', '--check', '-i', 'localhost,', file], folder.dir),
    });
    const versus = 'ansible-playbook --check';
    return [
      { name: `peer/ansible/${COUNT}`, value: theirs.median, unit: 'ms', spread: theirs.spread },
      {
        name: `plan/${COUNT}`,
        value: ours.median,
        unit: 'ms',
        spread: ours.spread,
        ratio: ours.median / theirs.median,
        versus,
      },
    ];
  } finally {
    folder.dispose();
  }
};
