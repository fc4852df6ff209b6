// Things whose world moves on by itself, and changes that no text can stand for.
import { definePlugin, s } from 'realm-runner/plugin';

const how = s.oneOf('still', 'moves once', 'moves each time', 'wanders', 'slot', 'unplain', 'unplain run');
type World = { at: string; looks: number; applies: number };

export default definePlugin({
  name: 'restless',
  summary: 'Moves on by itself.',
  setup(realm) {
    const worlds = new Map<string, World>();
    const worldOf = (name: string): World => {
      const known = worlds.get(name) ?? { at: 'start', looks: 0, applies: 0 };
      worlds.set(name, known);
      return known;
    };
    realm.kind({
      name: 'thing',
      section: 'things',
      spec: s.object({ how }),
      state: s.object({ at: s.string(), looks: s.integer() }),
      observe: async ({ name, spec }) => {
        const world = worldOf(name);
        world.looks += 1;
        return { at: spec.how === 'wanders' ? `look ${world.looks}` : world.at, looks: world.looks };
      },
      diff({ how: asked }, state) {
        const at = state?.at;
        if (asked === 'unplain') return [{ action: 'update', path: 'work', to: () => at }];
        if (asked === 'unplain run') return [];
        if (asked === 'slot') return [{ action: 'update', path: 'newest', from: state?.looks, to: 0, slot: 'today' }];
        return at === 'home' ? [] : [{ action: 'update', path: 'at', from: at, to: 'home' }];
      },
      due: ({ how: asked }) => (asked === 'unplain run' ? [{ action: 'a.b', key: 'k', input: { work: () => 1 } }] : []),
      async apply({ name, spec }) {
        const world = worldOf(name);
        world.applies += 1;
        if (spec.how === 'still') world.at = 'home';
        if (spec.how === 'moves once') world.at = world.applies === 1 ? 'moved' : 'home';
        if (spec.how === 'moves each time') world.at = `moved ${world.applies}`;
      },
    });
  },
});
