// Codes for agents: their tokens, and bringing them back.
export const agentCodes = {
  AGENT_UNKNOWN: {
    retry: false,
    explain: 'No agent of this name is declared under `agents:`. `realm agents` lists them.',
  },
  AGENT_TOKEN_WRONG: {
    retry: false,
    explain:
      'Somebody said that an agent lives, and not with its token. Each agent has one of its own, in a file of the state folder that only the user of Realm can read; it is made when the agent says `heartbeat: { token: true }`. Nothing was taken for a sign of life.',
  },
  AGENT_NOT_RECOVERED: {
    retry: false,
    explain:
      'An agent was to be brought back, and was not: a person keeps it as it is, no backup has its home, or it was not heard after each of the tries. What was there before is there again. `realm agents NAME` tells of each try, and the bundle named in the message holds its last words.',
  },
} as const;
