// What may be written as a message, and what is said of everything else.
import { expect, test } from 'vitest';
import { draftOf } from '../../../../plugins/agents/messages/draft.ts';
import { parseMessage, readEnvelope, Refused } from '../../../../plugins/agents/messages/envelope.ts';

const parse = (text: string | Uint8Array) => parseMessage(typeof text === 'string' ? Buffer.from(text) : text);

test('only `to` is needed; the rest has its defaults', () => {
  expect(readEnvelope({ to: 'agent/z' })).toEqual({
    id: undefined,
    to: 'z',
    type: 'update',
    priority: 'normal',
    timestamp: undefined,
    reference: undefined,
    payload: null,
    context: null,
    rest: {},
    ttlMs: undefined,
  });
});

test('numbers are taken for ids and references, amounts for a time to live, null for nothing', () => {
  const read = readEnvelope({ to: 'z', id: 7, reference: 12, ttl: '1.5h', priority: null, timestamp: null });
  expect(read).toMatchObject({ id: '7', reference: '12', ttlMs: 5_400_000, priority: 'normal', timestamp: undefined });
});

test('keys that mean nothing to Realm are kept, and none of them can be one of its own', () => {
  const read = parse('{"to":"z","requires_response":true,"sequence":99,"__proto__":{"a":1},"constructor":2}');
  expect(Object.keys(read.rest).sort()).toEqual(['__proto__', 'constructor', 'requires_response']);
  expect(Object.getPrototypeOf(read.rest)).toBe(Object.prototype);
});

test.each([
  ['', 'it is empty'],
  ['{"to":"z"', 'it is no JSON'],
  ['"text"', 'it is no JSON object'],
  ['null', 'it is no JSON object'],
  ['{}', 'it does not say `to` whom'],
  ['{"to":""}', 'its `to` is no text'],
  ['{"to":["a","b"]}', 'its `to` is no text'],
  [`{"to":"${'x'.repeat(201)}"}`, 'its `to` is longer than 200 characters'],
  ['{"to":"z","type":"a b"}', 'its `type` is no word'],
  ['{"to":"z","priority":"now"}', 'which is none of urgent, high, normal, low'],
  ['{"to":"z","timestamp":"soon"}', 'its `timestamp` is no time'],
  ['{"to":"z","ttl":"soon"}', 'not an amount such as 30m or 2d'],
  ['{"to":"z","id":{}}', 'its `id` is no text'],
  ['{"to":"z","Id":"1","id":"2"}', 'it says `id` twice'],
])('%s: %s', (text, why) => {
  expect(() => parse(text)).toThrow(Refused);
  expect(() => parse(text)).toThrow(why);
});

test('bytes that are no UTF-8 are refused; a byte order mark is nobody’s mistake', () => {
  expect(() => parse(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow('it is not UTF-8');
  expect(parse('\ufeff{"to":"z"}').to).toBe('z');
});

test('one that is nested as deeply as its size allows is taken or refused, and nothing else breaks', () => {
  const deep = parse(`{"to":"z","payload":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  try {
    expect(draftOf('jay', deep, '', 1).key).toHaveLength(24);
  } catch (error) {
    expect(error).toBeInstanceOf(Refused);
  }
});

test('the same words of another sender, under another id, or from another file without one are another message', () => {
  const said = { to: 'z', payload: 1 };
  const key = (from: string, more: object, print = 'file 1') =>
    draftOf(from, readEnvelope({ ...said, ...more }), print, 1).key;
  const keys = [
    key('jay', { id: '1' }),
    key('rick', { id: '1' }),
    key('jay', { id: '2' }),
    key('jay', {}),
    key('jay', {}, 'file 2'),
  ];
  expect(new Set(keys).size).toBe(5);
  expect(key('jay', { id: '1', timestamp: '2026-11-21T10:00:00Z' }, 'file 2')).toBe(keys[0]);
});
