// A plan, exactly as a person reads it.
import { expect, test } from 'vitest';
import type { ChangeView } from '../../../../core/api/door.ts';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { planText } from '../../../../core/cli/render/plan.ts';
import { planOf } from '../stage.ts';

const output = { write: () => {}, isTTY: false, columns: 80, paint: plainPaint };
const changes: readonly ChangeView[] = [
  { ref: 'file/motd', action: 'create', fields: [{ path: 'text', from: undefined, to: 'hello\n' }], reason: 'config' },
  {
    ref: 'service/web',
    action: 'update',
    fields: [
      { path: 'command[1]', from: 'a.ts', to: 'b.ts' },
      { path: 'port', from: 8080, to: null },
    ],
    reason: 'both',
  },
  {
    ref: 'file/notes',
    action: 'update',
    fields: [{ path: 'text', from: 'one\ntwo\nthree\n', to: 'one\n2\nthree\n' }],
    reason: 'drift',
  },
  { ref: 'service/db', action: 'replace', fields: [{ path: 'path', from: '/a', to: '/b' }], reason: 'config' },
  {
    ref: 'backup/now',
    action: 'update',
    fields: [],
    reason: 'drift',
    because: 'BackupDue',
    held: 'paused by user:ann',
  },
  { ref: 'file/old', action: 'remove', fields: [], reason: 'config' },
  { ref: 'backup/daily', action: 'forget', fields: [], reason: 'config', keeps: '30 snapshots in backups/daily' },
];

test('a plan shows every kind of change, its reason, and a legend', () => {
  const plan = planOf(changes, {
    looked: 12,
    closure: ['service/base'],
    unseen: [
      { ref: 'zone/nas', why: 'no answer in 10 s', elsewhere: false },
      { ref: 'file/there', why: 'lives on trainer', elsewhere: true },
    ],
  });
  expect(planText(plan, output, 'Plan')).toBe(
    `+ file/motd            config
    text  "hello\\n"
~ service/web          config and drift
    command[1]  "a.ts" -> "b.ts"
    port        8080 -> (none)
~ file/notes           drift
    text  line 2: "two" -> "2"
± service/db           config
    path  "/a" -> "/b"
~ backup/now           drift, BackupDue
    held: paused by user:ann
- file/old             config
- forget backup/daily  config
    kept: 30 snapshots in backups/daily
? zone/nas  could not be looked at: no answer in 10 s
· file/there  lives on trainer
Because targets come after them, also: service/base

Plan: 1 to create, 3 to change, 1 to replace, 1 to remove, 1 to forget (1 held);
  12 resources looked at, 1 unknown.
Incomplete: what could not be looked at may differ too.
+ create  ~ change  ± replace (new one first)  - remove  - forget (data stays)
`,
  );
});

test('nothing to change is said with how much was looked at', () => {
  expect(planText(planOf([], { looked: 1 }), output, 'Plan')).toBe('Nothing to change; 1 resource looked at.\n');
  const blind = planOf([], { looked: 2, unseen: [{ ref: 'zone/nas', why: 'away', elsewhere: false }] });
  expect(planText(blind, output, 'Drift')).toBe(
    '? zone/nas  could not be looked at: away\nNo drift; 2 resources looked at, 1 unknown.\nIncomplete: what could not be looked at may differ too.\n',
  );
});

test('values cannot steer the terminal, and long ones are cut to its width', () => {
  const fields = [{ path: 'text', from: '\u001b[2J', to: 'x'.repeat(200) }];
  const text = planText(planOf([{ ref: 'file/a', action: 'update', fields, reason: 'drift' }]), output, 'Drift');
  expect(text).not.toContain('\u001b');
  expect(text.split('\n')[1]).toHaveLength(80);
});

test('values are shown as they are written, and two long ones share the line', () => {
  const fields = [
    { path: 'mode', from: 384, to: 420, shown: { from: '"0600"', to: '"0644"' } },
    { path: 'list', from: ['a'], to: ['a', { b: 1 }] },
    { path: 'long', from: 'x'.repeat(100), to: 'y'.repeat(100) },
    { path: 'after', from: 'short', to: 'y'.repeat(100) },
  ];
  const text = planText(planOf([{ ref: 'file/a', action: 'update', fields, reason: 'config' }]), output, 'Plan');
  expect(text.split('\n').slice(1, 5)).toEqual([
    '    mode   "0600" -> "0644"',
    '    list   ["a"] -> ["a", {"b": 1}]',
    `    long   "${'x'.repeat(30)}… -> "${'y'.repeat(31)}…`,
    `    after  "short" -> "${'y'.repeat(56)}…`,
  ]);
  expect(text).toContain('~ change\n');
  expect(text).not.toContain('+ create'); // only signs that stand above are explained
});

test('of something new, what nobody wrote is counted and not shown', () => {
  const fields = [
    { path: 'text', from: null, to: 'hello' },
    { path: 'mode', from: null, to: 420, isDefault: true as const },
  ];
  const text = planText(planOf([{ ref: 'file/motd', action: 'create', fields, reason: 'config' }], {}), output, 'Plan');
  expect(text).toContain('    text  "hello"\n    1 more field by default\n');
  expect(text).not.toContain('mode');
});
