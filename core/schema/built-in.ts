// Which plugin of Realm's own brings which section; known here so that hints can name it before it is loaded.
export const BUILT_IN_SECTIONS: Readonly<Record<string, string>> = {
  files: 'file',
  hosts: 'hosts',
  services: 'services',
  agents: 'agents',
  messages: 'agents',
  alerts: 'alerts',
  backups: 'backup',
  checkpoints: 'checkpoint',
  zones: 'vault',
  assets: 'vault',
  vault: 'vault',
  tasks: 'scheduler',
  skills: 'skills',
  curriculum: 'skills',
  heroes: 'arena',
  quests: 'arena',
  sparring: 'sparring',
  oracles: 'oracle',
  checks: 'sentinels',
  achievements: 'sentinels',
  tavern: 'tavern-ws',
};

export const BUILT_IN_PLUGINS: readonly string[] = [...new Set(Object.values(BUILT_IN_SECTIONS))];
