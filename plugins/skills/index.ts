// Skills as data: what can be learned, one YAML file each, and `realm skills` to list them.
import { definePlugin, s } from 'realm-runner/plugin';
import { skill } from './skill.ts';

export default definePlugin({
  name: 'skills',
  summary: 'Knows the skills that can be trained, one YAML file each.',
  setup(realm) {
    realm.kind({
      name: 'skill',
      section: 'skills',
      summary: 'Something a hero can learn, level by level.',
      spec: skill,
    });
    realm.action({
      name: 'skills.list',
      summary: 'List the skills.',
      input: s.object({ category: s.string().optional().about('Only skills of this category.') }),
      effect: 'read',
      cli: { verb: 'skills' },
      run: async ({ category }, ctx) =>
        ctx
          .resources<{
            readonly name: string;
            readonly icon: string;
            readonly category: string;
            readonly levels: number;
          }>('skill')
          .filter(({ spec }) => category === undefined || spec.category === category)
          .map(({ ref, spec: { icon, name, category: of, levels } }) => ({ ref, icon, name, category: of, levels })),
    });
  },
});
