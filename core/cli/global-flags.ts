// Flags that every command understands.
import type { Globals } from './shell.ts';
import type { Flag } from './verbs.ts';

export const GLOBAL_FLAGS: readonly Flag[] = [
  { flags: '-C <dir>', about: 'as if started in this folder' },
  { flags: '--config <file>', about: 'this config instead of the nearest realm.config.yaml' },
  { flags: '--profile <name>', about: 'with this profile of the config' },
  { flags: '--state <dir>', about: 'state folder; default .realm beside the config' },
  { flags: '--json', about: 'print JSON' },
  { flags: '--yes', about: 'answer every question with yes' },
  { flags: '--no-wait', about: 'fail at once (75) when another process is at work' },
  { flags: '--no-color', about: 'no colours' },
];

/** Those that take a value, as they are typed. */
export const GLOBAL_VALUE_FLAGS: readonly string[] = GLOBAL_FLAGS.filter(({ flags }) => flags.includes('<')).map(
  ({ flags }) => flags.split(' ')[0]!,
);

export interface GlobalFlags extends Globals {
  readonly C?: string;
}
