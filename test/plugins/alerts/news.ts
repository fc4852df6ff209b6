// Facts for tests of alerts: a service in a crash loop, and out of it again.
export const crashLoop = (name: string) =>
  ({ ref: `service/${name}`, times: 5, why: 'exit 1', lines: ['Error: no such model'] }) as const;

export const calm = (name: string) =>
  ({
    ref: `service/${name}`,
    type: 'CrashLoop',
    from: 'True',
    to: 'False',
    reason: 'Running',
    message: 'runs for 10 s',
  }) as const;
