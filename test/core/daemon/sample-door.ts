// A door with known answers, so that what comes out of the socket can be compared with what went in.
import type * as Api from '../../../core/api/door.ts';
import { RealmError } from '../../../core/errors.ts';

export const CHANGE: Api.ChangeView = {
  ref: 'file/motd',
  action: 'update',
  fields: [{ path: 'text', from: 'ä', to: 'line\nbreak' }],
  reason: 'drift',
};
export const PLAN: Api.PlanView = {
  version: 1,
  changes: [CHANGE],
  unseen: [],
  closure: [],
  looked: 1,
  bound: { madeAt: '2026-11-21T00:00:00.000Z', config: 'c', observed: {}, target: [], exclude: [] },
};
export const OVERRIDE: Api.OverrideView = {
  ref: 'service/web',
  effect: 'stop',
  why: 'maintenance',
  actor: 'user:ann',
  since: '2026-11-21T00:00:00.000Z',
  until: null,
};
export const RUN: Api.RunRow = {
  id: 'r1',
  key: 'k',
  action: 'demo.work',
  trigger: 'manual',
  state: 'running',
  startedAt: null,
  endedAt: null,
  exitCode: null,
  attempt: 1,
  reason: null,
  progress: null,
};
export const APPROVAL: Api.ApprovalView = {
  id: 'a1',
  what: 'remove file/motd',
  ref: 'file/motd',
  actor: null,
  reason: null,
  hash: 'h',
  createdAt: '2026-11-21T00:00:00.000Z',
  expiresAt: null,
  state: 'waiting',
};
export const SOURCE: Api.SourceView = {
  version: 1,
  file: '/r/realm.config.yaml',
  profile: null,
  host: null,
  salt: 's',
  env: {},
};
export const event = (seq: number): Api.EventView => ({
  seq,
  time: '2026-11-21T00:00:00.000Z',
  type: 'x',
  data: { seq },
});

/** `heard` collects each call with its arguments. */
export interface SampleDoor extends Api.Door {
  readonly heard: (readonly [string, ...unknown[]])[];
}

export function sampleDoor(own: Partial<Api.Door> = {}): SampleDoor {
  const heard: (readonly [string, ...unknown[]])[] = [];
  const hear = <T>(name: string, answer: T, ...words: unknown[]): Promise<T> => {
    heard.push([name, ...words]);
    return Promise.resolve(answer);
  };
  const status: Api.StatusView = {
    version: 1,
    daemon: null,
    resources: [],
    plugins: [],
    configError: null,
    store: 'ok',
  };
  const unknown = new RealmError('REF_UNKNOWN', 'no file/nope', {
    hint: 'realm status',
    at: { file: '/r/realm.config.yaml', line: 3, column: 5, path: 'files.nope' },
  });
  const why: Api.WhyView = {
    version: 1,
    ref: 'file/a',
    reasons: ['so'],
    resource: null,
    waitsFor: [],
    runs: [],
    events: [],
  };
  return {
    heard,
    status: (ref) => hear('status', status, ref),
    plan: (query) => hear('plan', PLAN, query),
    drift: (query) => hear('drift', PLAN, query),
    why: (ref) => (ref === 'file/nope' ? Promise.reject(unknown) : hear('why', { ...why, ref }, ref)),
    async *events({ follow, since = 0 }, signal) {
      heard.push(['events', { follow, since }]);
      yield event(since + 1);
      yield event(since + 2);
      if (follow) await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
      heard.push(['events ended']);
    },
    runs: (query) => hear('runs', [RUN], query),
    run: (id) => hear('run', { ...RUN, id, output: null }, id),
    overrides: () => hear('overrides', [OVERRIDE]),
    approvals: () => hear('approvals', [APPROVAL]),
    actions: () => hear('actions', []),
    async apply(query, tell) {
      heard.push(['apply', query]);
      tell?.({ ref: 'file/motd', phase: 'looking' });
      return {
        version: 1,
        steps: [{ ref: 'file/motd', end: 'applied', action: 'update', why: 'done' }],
        watched: true,
      };
    },
    cancel: (...words) => hear('cancel', { ...RUN, state: 'cancelled' as const }, ...words),
    setOverride: (wish) => hear('setOverride', OVERRIDE, wish),
    clearOverride: (wish) => hear('clearOverride', undefined, wish),
    answer: (...words) => hear('answer', { ...APPROVAL, state: 'approved' as const }, ...words),
    invoke: (name, input, actor) => hear('invoke', { said: 'yes' }, name, input, actor),
    async *stream(_, input) {
      yield input;
      yield 'plain';
      throw new RealmError('ACTION_FAILED', 'the stream broke');
    },
    close: () => hear('close', undefined),
    ...own,
  };
}
