// The GPUs of this machine while tools hang, lie, end or are missing: real processes, and time that is given.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { GpusView } from '../../../../core/contract/apis.ts';
import { HANGS_MS, until } from '../../../e2e/realm.ts';
import { type Stage, stageOf } from '../stage.ts';

const LINE = '0, 45, 1024, 24564, 60, 100.52, NVIDIA GeForce RTX 4090';
const hosts = (gpus: string): string => `hosts:\n  me: { address: 127.0.0.1, gpus: ${gpus} }\n`;

/** `script`: what nvidia-smi does; `$1` is the folder of the test. */
async function gpuStage(script: string | undefined, gpus = 'nvidia-smi') {
  const stage = await stageOf(hosts(gpus), {}, { purpose: 'daemon' });
  const bin = join(stage.realm.root, 'bin');
  mkdirSync(bin);
  if (script !== undefined) {
    writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\necho $$ >> ${stage.realm.root}/pids\n${script}\n`);
    chmodSync(join(bin, 'nvidia-smi'), 0o755);
  }
  const { PATH } = process.env;
  process.env['PATH'] = script === undefined ? bin : `${bin}:${PATH}`;
  onTestFinished(() => void (process.env['PATH'] = PATH));
  await stage.kernel.start();
  return stage;
}

const view = ({ ctx }: Stage): GpusView => ctx('file').find('hosts')!.gpus(ctx('file'));
const pids = ({ realm }: Stage): number[] => {
  const file = join(realm.root, 'pids');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
};
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH
  }
};
const soon = (stage: Stage, is: () => boolean, what: string): Promise<void> =>
  until(
    async () => is() || (await stage.realm.clock.advance(1), is()),
    10_000,
    what,
    () => JSON.stringify(view(stage)),
  );

test('one long-lived nvidia-smi is read; killed when it hangs, and until another speaks the GPUs count as busy', async () => {
  const stage = await gpuStage(`echo '${LINE}'; sleep 1000`);
  await soon(stage, () => view(stage).is === 'known', 'the GPU');
  expect(view(stage).gpus).toMatchObject([{ index: 0, utilizationPercent: 45, name: 'NVIDIA GeForce RTX 4090' }]);
  expect((await stage.list()).text).toContain('GPU 0 NVIDIA GeForce RTX 4090: 45 % busy, 1.0 of 24.0 GiB');
  const [first] = pids(stage);
  await stage.realm.clock.advance(25_000);
  await soon(stage, () => !isAlive(first!), 'the end of the one that hangs');
  expect(view(stage)).toMatchObject({ is: 'unknown', gpus: [{ index: 0, utilizationPercent: null }] });
  expect(view(stage).why).toMatch(/said nothing for 15 s/);
  await stage.realm.clock.advance(35_000);
  await soon(stage, () => view(stage).is === 'known', 'another one');
  expect(pids(stage)).toHaveLength(2);
});

test('the plugin set ends, and its tool with all that it started', async () => {
  const stage = await gpuStage(`echo '${LINE}'; sleep 1000 & echo $! >> pids; wait`);
  await soon(stage, () => view(stage).is === 'known' && pids(stage).length === 2, 'the GPU');
  await stage.realm.stop(stage.kernel);
  await until(() => !pids(stage).some(isAlive), HANGS_MS, 'the end of all');
});

test.each([
  ['missing', undefined, /ENOENT/],
  ['ending at once', 'exit 9', /ended with 9/],
  ['complaining', `echo 'Unable to determine the device handle'; sleep 1000`, /Unable to determine/],
])('an nvidia-smi that is %s: unknown, which is busy', async (_what, script, why) => {
  const stage = await gpuStage(script);
  await soon(stage, () => why.test(view(stage).why), 'the reason');
  expect(view(stage)).toMatchObject({ is: 'unknown', gpus: [] });
});

test('a driver that begins to complain is not believed on what it said before', async () => {
  const stage = await gpuStage(`mkfifo gate; echo '${LINE}'; read -r _ < gate; echo 'GPU is lost'; sleep 1000`);
  await soon(stage, () => view(stage).is === 'known', 'the GPU');
  writeFileSync(join(stage.realm.root, 'gate'), 'go\n');
  await soon(stage, () => view(stage).is === 'unknown', 'the complaint');
  expect(view(stage)).toMatchObject({ why: 'nvidia-smi says: GPU is lost', gpus: [] });
});

test('without GPUs no tool is started', async () => {
  const stage = await gpuStage('sleep 1000', 'none');
  await soon(stage, () => view(stage).is === 'none', 'the answer');
  await stage.realm.clock.advance(20_000);
  expect(pids(stage)).toEqual([]);
});

test('a command of one’s own is asked again and again', async () => {
  const stage = await gpuStage(undefined, `{ command: [/bin/sh, -c, "echo '[{\\"utilizationPercent\\":3}]'"] }`);
  await soon(stage, () => view(stage).is === 'known', 'the answer');
  expect(view(stage).gpus).toMatchObject([{ index: 0, utilizationPercent: 3, memoryUsedBytes: null }]);
});

test('before anybody looked, nothing is known', async () => {
  const { ctx } = await stageOf(hosts('nvidia-smi'));
  expect(ctx('file').find('hosts')!.gpus(ctx('file'))).toMatchObject({ is: 'unknown', at: null, gpus: [] });
});
