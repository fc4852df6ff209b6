// The shape of one skill file.
import { type Infer, s } from 'realm-runner/plugin';

const generate = s.union(
  s.object({ builtin: s.string({ minLength: 1 }).about('A generator that comes with Realm.') }),
  s.object({
    template: s
      .object({
        vars: s.map(s.string()).about('Names to expressions, as in `int(0, 2 ** level)`.'),
        question: s.string(),
        answer: s.string(),
      })
      .about('A whole skill without code: variables, a question, an answer.'),
  }),
  s.object({ command: s.list(s.string(), { minItems: 1 }).about('A program that writes samples.') }),
  s.object({ http: s.string({ pattern: '^https?://' }).about('A server that gives samples.') }),
  s.object({ module: s.path().about('A module that makes samples.') }),
);

export const skill = s.object({
  name: s.string({ minLength: 1 }).about('What people call it.').example('Binary Alchemy'),
  icon: s.string().default('✨').about('One character beside the name.'),
  category: s.string({ minLength: 1 }).default('general').about('Groups skills in lists.'),
  levels: s.integer({ minimum: 1, maximum: 1000 }).about('How many levels there are.'),
  generate: generate.optional().about('Where training samples come from.'),
  check: s.oneOf('exact', 'number', 'regex', 'contains').default('exact').about('How an answer is judged.'),
  eval: s
    .object({
      samplesPerLevel: s.integer({ minimum: 1 }).default(5).about('Questions asked per level.'),
      seed: s.integer({ minimum: 0 }).default(0).about('Same seed, same questions.'),
    })
    .optional()
    .about('The static evaluation set.'),
  advance: s
    .object({
      accuracy: s.number({ minimum: 0, maximum: 1 }).default(0.8).about('Share of right answers to go up a level.'),
      evals: s.integer({ minimum: 1 }).default(3).about('Over how many of the latest evaluations.'),
    })
    .optional()
    .about('When the next level is reached.'),
});
export type Skill = Infer<typeof skill>;
