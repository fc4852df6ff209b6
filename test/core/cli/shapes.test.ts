// The JSON that others rely on: each shape is written out here, and what commands print must fit it.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { Door } from '../../../core/api/door.ts';
import { RealmError } from '../../../core/errors.ts';
import { create, jsonOf, planOf, play, resource, statusOf } from './stage.ts';

const text = { type: 'string' };
const orNull = (shape: object): object => ({ anyOf: [shape, { type: 'null' }] });
/** These keys and, for later versions, more. */
const object = (properties: Record<string, object>, optional: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
});
const list = (items: object): object => ({ type: 'array', items });
const oneOf = (...values: readonly string[]): object => ({ enum: values });
const top = (properties: Record<string, object>): object => object({ version: { const: 1 }, ...properties });

const diagnostic = object({
  code: text,
  severity: oneOf('error', 'warning'),
  message: text,
  file: text,
  line: { type: 'integer', minimum: 1 },
  column: { type: 'integer', minimum: 1 },
  path: text,
  hint: orNull(text),
});
const change = object({
  ref: text,
  action: oneOf('create', 'update', 'replace', 'remove', 'forget'),
  fields: list({ type: 'object', required: ['path'], properties: { path: text } }),
  reason: oneOf('config', 'drift', 'both'),
});
const condition = object({
  type: text,
  status: oneOf('True', 'False', 'Unknown'),
  reason: text,
  message: text,
  since: text,
});
const daemon = object({ pid: { type: 'integer' }, version: text, startedAt: text, holder: text });
const shownResource = object({
  ref: text,
  ready: { type: ['boolean', 'null'] },
  generation: { type: 'integer' },
  observedGeneration: { type: 'integer' },
  conditions: list(condition),
});
const approval = object({
  id: text,
  what: text,
  ref: text,
  actor: orNull(text),
  reason: orNull(text),
  hash: text,
  createdAt: text,
  expiresAt: orNull(text),
  state: oneOf('waiting', 'approved', 'denied', 'expired'),
});
const run = object(
  {
    id: text,
    key: text,
    ref: text,
    action: text,
    trigger: text,
    state: oneOf('queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'lost'),
    startedAt: orNull(text),
    endedAt: orNull(text),
    exitCode: orNull({ type: 'integer' }),
    attempt: { type: 'integer' },
    reason: orNull(text),
    progress: orNull(object({ phase: text })),
  },
  ['ref'],
);

const time = '2030-01-31T11:00:00.000Z';
const door: Partial<Door> = {
  plan: async () => planOf([create]),
  drift: async () => planOf([create]),
  status: async () =>
    statusOf([resource('file/a', { ready: null })], {
      daemon: { pid: 1, version: '1', startedAt: time, holder: 'daemon' },
    }),
  approvals: async () => [
    {
      id: 'a',
      what: 'x',
      ref: 'file/a',
      actor: null,
      reason: null,
      hash: 'h',
      createdAt: time,
      expiresAt: null,
      state: 'waiting',
    },
  ],
  runs: async () => [
    {
      id: 'r',
      key: 'k',
      action: 'a.b',
      trigger: 'manual',
      state: 'lost',
      startedAt: null,
      endedAt: null,
      exitCode: null,
      attempt: 1,
      reason: null,
      progress: null,
    },
  ],
};

test.each([
  ['plan', top({ changes: list(change) })],
  ['drift', top({ changes: list(change) })],
  ['status', top({ daemon: orNull(daemon), resources: list(shownResource) })],
  ['approvals', top({ approvals: list(approval) })],
  ['runs', top({ runs: list(run) })],
])('%s --json', async (verb, shape) => {
  const check = new Ajv2020({ allErrors: true, strictRequired: false }).compile(shape);
  const json = jsonOf(await play([verb, '--json'], { door }));
  expect(Object.keys(json as object)[0]).toBe('version');
  expect(check(json) ? [] : check.errors).toEqual([]);
});

test('an invalid config is told with all its diagnostics, whatever the command', async () => {
  const at = { file: '/realm/realm.config.yaml', line: 3, column: 5, path: 'files.a' };
  const fails = new RealmError('CONFIG_INVALID', 'the configuration has 1 error', {
    diagnostics: [{ code: 'CONFIG_INVALID', severity: 'error', message: 'unknown key', at }],
  });
  const json = jsonOf(await play(['plan', '--json'], { fails }));
  const check = new Ajv2020().compile(
    top({ error: object({ code: text, message: text, hint: orNull(text) }), diagnostics: list(diagnostic) }),
  );
  expect(check(json) ? [] : check.errors).toEqual([]);
});
