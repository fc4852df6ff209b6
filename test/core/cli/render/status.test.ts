// The realm at a glance, exactly as a person reads it at 80 columns.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { nextLookText, resourceText, statusText } from '../../../../core/cli/render/status.ts';
import { NOW, resource, statusOf } from '../stage.ts';

const output = { write: () => {}, isTTY: true, columns: 80, paint: plainPaint };
const since = '2030-01-31T11:58:00.000Z';
const stalled = {
  type: 'Stalled',
  status: 'True',
  reason: 'CrashLoop',
  message: 'exited with 1 five times in 60 s',
  since,
} as const;
const unknown = {
  type: 'Ready',
  status: 'Unknown',
  reason: 'NotSeen',
  message: 'no answer from nas in 10 s',
  since,
} as const;

test('the realm at a glance, at 80 columns', () => {
  const status = statusOf(
    [
      resource('agent/zoe'),
      resource('service/db', { ready: false, conditions: [stalled] }),
      resource('service/agent-zoe', { owner: 'agent/zoe' }),
      resource('zone/nas', { ready: null, conditions: [unknown] }),
      resource('file/new', { ready: null, conditions: [] }),
      resource('service/web', {
        overrides: [
          {
            ref: 'service/web',
            effect: 'stop',
            why: 'disk swap',
            actor: 'user:ann',
            since,
            until: '2030-01-31T14:00:00.000Z',
          },
        ],
      }),
    ],
    {
      daemon: { pid: 4242, version: '0.1.0', startedAt: '2030-01-29T12:00:00.000Z', holder: 'daemon' },
      plugins: [
        { plugin: 'hosts', degraded: null },
        { plugin: 'backup', degraded: 'review took longer than 5 s' },
      ],
      configError: 'realm.config.yaml:3:1 unknown key',
    },
  );
  expect(statusText(status, output, NOW)).toBe(
    `REF                  READY    STATE              SINCE
agent/zoe            yes      AsDeclared         3 h ago
  service/agent-zoe  yes      AsDeclared         3 h ago
service/db           no       Stalled            2 min ago
    CrashLoop: exited with 1 five times in 60 s
zone/nas             unknown  NotSeen            2 min ago
    no answer from nas in 10 s
file/new             unknown  not looked at yet  -
service/web          yes      stop               2 min ago
    by user:ann, ends in 2 h: disk swap

! The newest config is invalid, an older one is in use: realm.config.yaml:3:1
  unknown key
! Plugin backup is degraded: review took longer than 5 s
6 resources: 3 ready, 1 not ready, 2 unknown.
Watched by daemon (process 4242, version 0.1.0), started 2 d ago.
`,
  );
});

test('an empty realm that nobody watches', () => {
  expect(statusText(statusOf([], { store: 'full' }), output, NOW)).toBe(
    `! The store is full: no room to write.
Nothing is declared yet.
Nothing watches this realm; \`realm up\` starts that.
`,
  );
});

test('a realm that nobody watches: what is shown is how it stood', () => {
  const said = statusText(statusOf([resource('service/web', {})]), output, NOW);
  expect(said.replaceAll('\n', ' ')).toContain(
    'Nothing watches this realm: it stood so when it was last looked at. `realm drift` looks now, `realm up` watches.',
  );
});

test('one resource in full', () => {
  const view = resource('service/db', {
    ready: false,
    generation: 3,
    observedGeneration: 2,
    owner: 'agent/zoe',
    conditions: [stalled],
    nextLookAt: '2030-01-31T12:05:00.000Z',
  });
  expect(resourceText(view, output, NOW)).toBe(
    `service/db  ready: no
  generation 3, generation 2 was the last one looked at
  stands under agent/zoe
  looked at again in 5 min
  CONDITION  STATUS  REASON     SINCE      MESSAGE
  Stalled    True    CrashLoop  2 min ago  exited with 1 five times in 60 s
`,
  );
});

test('a look that is long overdue is not promised', () => {
  const at = (nextLookAt: string): string | undefined => nextLookText(resource('file/a', { nextLookAt }), NOW);
  expect(at('2030-01-31T12:05:00.000Z')).toBe('looked at again in 5 min');
  expect(at('2030-01-31T11:59:59.000Z')).toBe('looked at again now');
  expect(at('2030-01-31T11:00:00.000Z')).toBe('not looked at since it was due, 1 h ago');
});
