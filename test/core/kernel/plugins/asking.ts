// A kind that asks programs, and tells whether it may start one itself.
import { spawnSync } from 'node:child_process';
import { definePlugin, s } from 'realm-runner/plugin';

const started = (): string => {
  try {
    spawnSync('true');
    return 'started';
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const whenImported = started();

export default definePlugin({
  name: 'asking',
  summary: 'Asks programs.',
  setup(realm) {
    const whenSetUp = started();
    realm.kind({
      name: 'answer',
      section: 'answers',
      observes: ['sh', 'no-such-program'],
      spec: s.object({
        tool: s.string(),
        args: s.list(s.string()).default([]),
        text: s.string().default(''),
        within: s.duration().default('30s'),
      }),
      state: s.object({ text: s.string(), started: s.list(s.string()) }),
      observe: async ({ spec: { tool, args, within } }, ctx) => {
        const { text } = await ctx.ask(tool, args, { timeoutMs: within });
        return { text: text.trim(), started: [whenImported, whenSetUp, started()] };
      },
      diff: ({ text }, state) =>
        text === state?.text
          ? []
          : [{ action: 'update', path: 'text', from: [state?.text, ...(state?.started ?? [])] }],
      apply: async () => {},
    });
  },
});
