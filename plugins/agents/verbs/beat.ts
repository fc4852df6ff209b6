// `realm beat`: an agent says that it lives, with its own token and for itself alone.
import { type Action, RealmError, s } from 'realm-runner/plugin';
import { agentNamed, type Pulse } from '../pulse.ts';
import { isToken } from '../token.ts';

interface Input {
  readonly agent: string;
  readonly token: string;
  readonly is?: 'busy' | 'idle' | undefined;
}

export const beatVerb = (pulse: Pulse): Action<Input> => ({
  name: 'agents.beat',
  summary: 'Say that an agent lives.',
  input: s.object({
    agent: s.string({ minLength: 1 }).about('Its name.'),
    token: s.string({ minLength: 1 }).about('What is in the file data/agents/<name>/token of the state folder.'),
    is: s.oneOf('busy', 'idle').optional().about('What it does.'),
  }),
  effect: 'write',
  cli: { verb: 'beat', positionals: ['agent'] },
  async run({ agent: typed, token, is }, ctx) {
    const agent = agentNamed(typed, ctx);
    if (agent.spec.heartbeat?.token !== true || !isToken(token, agent.name, ctx))
      throw new RealmError('AGENT_TOKEN_WRONG', `this is not the token of ${agent.ref}`, {
        hint: `it is in $REALM_STATE/data/agents/${agent.name}/token, and is there with \`heartbeat: { token: true }\``,
      });
    pulse.say(agent, is ?? null, ctx);
    return { version: 1, heard: agent.ref };
  },
});
