// What happened, as people read it: every event of Realm has its sentence, strangers' are told by their keys.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventView } from '../../../../core/api/door.ts';
import { colourPaint, plainPaint } from '../../../../core/cli/render/colour.ts';
import { eventLines, eventStyle, sentence } from '../../../../core/cli/render/event.ts';
import { newsLines } from '../../../../core/cli/render/watch.ts';

const pipe = { write: () => {}, isTTY: false, columns: Infinity, paint: plainPaint };
const terminal = { ...pipe, isTTY: true, columns: 60 };
const at = (time: string, more: Partial<EventView> & Pick<EventView, 'type' | 'data'>): EventView => ({
  seq: 7,
  time,
  ...more,
});

const source = readFileSync(join(import.meta.dirname, '../../../../core/contract/events.ts'), 'utf8');
const names = source
  .slice(0, source.indexOf('export type EventName'))
  .match(/'[a-z]+\.[a-zA-Z]+'/g)!
  .map((name) => name.slice(1, -1));

test.each(names)('%s has a sentence of its own', (type) => {
  const data = new Proxy(
    {},
    {
      get(_, key) {
        const name = String(key);
        if (name.endsWith('Ms') || ['bytes', 'seconds'].includes(name)) return 1_500;
        return ['fields', 'lines', 'pids', 'ids', 'snapshots', 'remarks', 'left'].includes(name)
          ? ['text']
          : name.toUpperCase();
      },
      ownKeys: () => ['generic'],
    },
  );
  expect(sentence({ type, data })).not.toBe('');
  expect(sentence({ type, data })).not.toContain('=');
});

test('an event of a stranger, or one that another version wrote, is told by its keys and values', () => {
  expect(sentence({ type: 'lab.moved', data: { ref: 'a/b', to: 'nas', list: [1] } })).toBe('to=nas list=[1]');
  expect(sentence({ type: 'run.ended', data: { id: 'r1' } })).toBe('id=r1');
  expect(sentence({ type: 'service.exited', data: { why: 'exit 3' } })).toBe('why=exit 3');
  expect(sentence({ type: 'realm.started', data: null })).toBe('');
  expect(sentence({ type: 'constructor', data: {} })).toBe('');
});

test('in a pipe: one line each, with the whole UTC time', () => {
  const lines = eventLines(pipe);
  const applied = at('2030-01-31T11:00:00.000Z', {
    type: 'resource.applied',
    ref: 'file/motd',
    data: { ref: 'file/motd', changes: 1, fields: [''], reason: 'drift' },
  });
  expect(lines(applied)).toBe(
    '2030-01-31T11:00:00.000Z 7     resource.applied   file/motd  applied (drift): all of it\n',
  );
});

test('on a terminal: a line for each day, short times, long sentences go on below', () => {
  const lines = eventLines(terminal);
  const failed = (time: string): EventView =>
    at(time, {
      type: 'resource.failed',
      ref: 'service/web',
      data: { ref: 'service/web', code: 'X', message: 'port 8080 is taken by process 812 (nginx)\u001b[2J' },
    });
  const text =
    lines(failed('2030-01-31T12:00:05.000Z')) +
    lines(failed('2030-01-31T12:00:06.000Z')) +
    lines(failed('2030-02-02T12:00:00.000Z'));
  expect(text.match(/^2030-\d\d-\d\d \(UTC/gm)).toHaveLength(2);
  expect(text.split('\n')[1]).toMatch(/^\d\d:\d\d:05 7 {5}resource\.failed {4}service\/web {2}failed: port$/);
  expect(text.split('\n')[2]).toBe('                 8080 is taken by process 812 (nginx)\\x1b[2J');
  expect(text).toContain('(nginx)\\x1b[2J');
});

test('colour supports what the words say', () => {
  expect(eventStyle({ type: 'run.ended', data: { state: 'lost' } })).toBe('red');
  expect(eventStyle({ type: 'run.ended', data: { state: 'succeeded' } })).toBeUndefined();
  expect(eventStyle({ type: 'condition.changed', data: { type: 'Ready', to: 'False' } })).toBe('yellow');
  const line = eventLines({ ...terminal, paint: colourPaint })(
    at('2030-01-31T11:00:00.000Z', { type: 'store.full', data: { message: 'full' } }),
  );
  expect(line).toContain('\u001b[31mstore.full');
});

test('whoever watches is told what is new, not each step', () => {
  const news = newsLines(pipe);
  const ready = (from: string | null, to: string): string =>
    news(
      at('2030-01-31T11:00:00.000Z', {
        type: 'condition.changed',
        ref: 'a/b',
        data: { type: 'Ready', from, to, reason: 'R', message: 'm' },
      }),
    );
  expect([
    ready(null, 'False'),
    ready('False', 'True'),
    news(at('x', { type: 'resource.drifted', data: { fields: [] } })),
  ]).toEqual(['', '', '']);
  expect(ready('True', 'False')).toBe('2030-01-31T11:00:00.000Z a/b  Ready is False (R): m\n');
});
