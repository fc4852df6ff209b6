// Codes for plugins: finding, loading, ordering, and what they do wrong while running.
export const pluginCodes = {
  PLUGIN_NOT_FOUND: {
    retry: false,
    explain: 'A name under `plugins:` is neither built in, nor a file, nor an installed package `realm-plugin-<name>`.',
  },
  PLUGIN_INVALID: {
    retry: false,
    explain:
      'The module was found but its default export is not a plugin. Export `definePlugin({ name, summary, setup })`.',
  },
  PLUGIN_LOAD_FAILED: {
    retry: false,
    explain: "Importing the plugin threw. The message is the module's own; the place is where `plugins:` names it.",
  },
  PLUGIN_SETUP_FAILED: {
    retry: false,
    explain: "The plugin's `setup` threw. Setup only declares; it must be synchronous and must not touch the world.",
  },
  PLUGIN_DUPLICATE: { retry: false, explain: 'Two entries under `plugins:` give the same plugin name.' },
  PLUGIN_NEED_MISSING: {
    retry: false,
    explain: 'A plugin needs another one that `plugins:` does not list. Add it, or remove the plugin that needs it.',
  },
  PLUGIN_NEED_CYCLE: {
    retry: false,
    explain: 'Plugins need each other in a circle, so no order exists in which to set them up.',
  },
  PLUGIN_API_UNDECLARED: {
    retry: false,
    explain: 'A plugin used an API without naming its owner in `needs`. Use `find` when the API may be absent.',
  },
  API_DUPLICATE: { retry: false, explain: 'Two plugins (or one, twice) lend an API of the same name.' },
  KIND_INVALID: {
    retry: false,
    explain:
      'A plugin declares a kind that cannot work, such as one that applies but never observes. The message says which rule is broken; the contract is in `realm-runner/plugin`.',
  },
  SECTION_RESERVED: {
    retry: false,
    explain:
      'A plugin claims a section of the configuration that belongs to Realm itself: version, realm, plugins, include, profiles, secrets or backplane. Rename the section.',
  },
  ACTION_INVALID: {
    retry: false,
    explain:
      'A plugin declares an action or stream that no door could offer: its name, verb, effect or input is malformed. The message says how.',
  },
  KIND_DUPLICATE: { retry: false, explain: 'Two plugins (or one, twice) declare the same kind or the same section.' },
  ACTION_DUPLICATE: {
    retry: false,
    explain: 'Two actions or streams have the same name or the same command-line verb.',
  },
  TOOL_UNNAMED: {
    retry: false,
    explain:
      'A plugin asked a program that none of its kinds names in `observes`. Looking may start nothing else; add the name to the kind.',
  },
  TOOL_MISSING: {
    retry: true,
    explain:
      'A kind has to ask a program that is not on the PATH. Install it where Realm runs, or start Realm with a PATH that has it.',
  },
  TOOL_FAILED: {
    retry: true,
    explain:
      'A program that a kind asks did not answer: it took too long, said too much, was ended by a signal, or could not be started. The message says which. Older Nodes than the one that comes with Realm cannot ask programs under `realm plan`.',
  },
  SCAFFOLD_EXISTS: {
    retry: false,
    explain: '`realm init` and `realm plugin new` never replace a file. The message names those that are in the way.',
  },
  SCAFFOLD_FAILED: {
    retry: false,
    explain: 'New files could not be written. Those that were written before the failure are taken away again.',
  },
  PLUGIN_TEST_UNAVAILABLE: {
    retry: false,
    explain: '`realm plugin test` needs vitest, which is not installed beside Realm: `npm install vitest`.',
  },
  PLUGIN_UNTESTABLE: {
    retry: false,
    explain:
      'The suite needs a valid spec for each kind and could not make one up from its schema. Give the keys `.example(…)` or `.default(…)`, or write a test with kindSuite beside the plugin.',
  },
} as const;
