// Refs and names as people type them: which thing is meant, and what is said when it is none, or several.
import { expect, test } from 'vitest';
import type { OverrideView } from '../../../core/api/door.ts';
import { RealmError } from '../../../core/errors.ts';
import { jsonOf, play, resource, statusOf } from './stage.ts';

test('a mistyped ref gets the one that was meant', async () => {
  const status = statusOf([resource('service/web'), resource('file/motd')]);
  const door = {
    status: async () => status,
    why: () => Promise.reject(new RealmError('REF_UNKNOWN', 'there is no service/wbe')),
  };
  const wrong = await play(['why', 'service/wbe'], { door });
  expect([wrong.code, wrong.err]).toEqual([
    1,
    'error REF_UNKNOWN  There is no service/wbe\n  hint: Did you mean `service/web`?\n',
  ]);
  const short = await play(['why', 'wbe'], { door });
  expect([short.code, short.err]).toEqual([
    1,
    'error REF_UNKNOWN  There is nothing of the name `wbe`\n  hint: Did you mean `service/web`?\n',
  ]);
  const otherKind = await play(['why', 'files/motd'], { door });
  expect(otherKind.err).toContain('Did you mean `file/motd`?');
});

test('a name alone is the one thing that has it', async () => {
  const resources = [resource('service/web'), resource('file/motd'), resource('service/db'), resource('file/db')];
  const door = { status: async () => statusOf(resources), why: () => Promise.reject(new Error('asked')) };
  const asked = async (name: string) => (await play(['why', name], { door })).asked.find((one) => one.name === 'why');
  expect((await asked('web'))?.args).toEqual(['service/web']);
  const both = await play(['why', 'db'], { door });
  expect([both.code, both.err]).toEqual([
    64,
    'error USAGE  `db` could be service/db or file/db\n  hint: Name one of them: `service/db`\n',
  ]);
});

test('several are stopped and started at once, all or none where one is unknown', async () => {
  const set: string[] = [];
  const door = {
    status: async () => statusOf([resource('service/web'), resource('service/worker')]),
    setOverride: async ({
      ref,
      effect,
      why,
    }: {
      ref: OverrideView['ref'];
      effect: OverrideView['effect'];
      why: string;
    }) => {
      if (ref === 'file/motd') throw new RealmError('OVERRIDE_UNFIT', 'a file cannot be stopped');
      set.push(ref);
      return { ref, effect, why, actor: 'user:ann', since: '', until: null };
    },
    overrides: async () => [
      { ref: 'service/worker', effect: 'stop', why: '', actor: 'user:ann', since: '', until: null } as const,
    ],
    clearOverride: async () => {},
  };
  expect((await play(['stop', 'web', 'wroker'], { door })).code).toBe(1);
  expect(set).toEqual([]);
  const two = await play(['stop', 'web', 'service/worker', 'web'], { door });
  expect([two.code, set]).toEqual([0, ['service/web', 'service/worker']]);
  expect(two.out.match(/counts from now on/g)).toHaveLength(2);
  const unfit = await play(['stop', 'web', 'file/motd', '--json'], { door });
  expect(unfit.code).toBe(1);
  expect(unfit.out).toContain('"ref": "service/web"');
  const back = await play(['start', 'worker', 'web', '--json'], { door });
  expect(jsonOf(back)).toMatchObject({
    taken: [
      { ref: 'service/worker', cleared: ['stop'] },
      { ref: 'service/web', cleared: [] },
    ],
  });
});
