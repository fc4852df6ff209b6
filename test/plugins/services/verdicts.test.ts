// What is said of a life counts also while the state has no room for it, and for this realm alone.
import { expect, test } from 'vitest';
import { type Context, RealmError } from '../../../core/plugin.ts';
import type { Life } from '../../../plugins/services/facts.ts';
import { forgetRows, readHeard, readVerdict, writeHeard } from '../../../plugins/services/rows.ts';
import { Verdicts } from '../../../plugins/services/verdicts.ts';

const life = { token: 's1', startedAt: 1_000 } as Life;

function realm(data: string) {
  const kept = new Map<string, unknown>();
  const state = { isFull: false };
  const told: string[] = [];
  const written = (write: () => void): void => {
    if (state.isFull) throw new RealmError('STORE_FULL', 'no room');
    write();
  };
  const ctx = {
    paths: { root: '/', data },
    rows: {
      get: (key: string) => kept.get(key),
      set: (key: string, value: unknown) => written(() => kept.set(key, value)),
      delete: (key: string) => written(() => kept.delete(key)),
    },
    now: () => 3_000,
    emit: (event: string) => void told.push(event),
    wake: (ref: string) => void told.push(`woke ${ref}`),
  } as unknown as Context;
  return { ctx, kept, state, told };
}

test('a service gets ready while the state has no room, and what is said later is kept again', () => {
  const { ctx, kept, state, told } = realm('/a');
  const verdicts = new Verdicts('web', life, ctx);
  state.isFull = true;
  verdicts.say('ready', 'probe', { is: 'yes', why: 'HTTP 200' });
  writeHeard('web', 's1', ['Log /up/'], ctx);
  expect(told).toEqual(['service.ready', 'woke service/web']);
  expect(readVerdict('ready', 'web', 's1', ctx)).toEqual({ is: 'yes', why: 'HTTP 200', since: 3_000 });
  expect(readVerdict('ready', 'web', 's2', ctx)).toBeUndefined();
  expect(readHeard('web', 's1', ctx)).toEqual(['Log /up/']);
  expect(readVerdict('ready', 'web', 's1', realm('/b').ctx)).toBeUndefined();
  state.isFull = false;
  verdicts.say('ready', 'probe', { is: 'no', why: 'HTTP 500' });
  expect(kept.get('ready/web')).toMatchObject({ is: 'no', token: 's1' });
  kept.clear(); // what is in memory no longer counts
  expect(readVerdict('ready', 'web', 's1', ctx)).toBeUndefined();
  forgetRows('web', ctx);
  expect(readHeard('web', 's1', ctx)).toEqual([]);
});
