// realm plugin new NAME: writes a plugin that works, with its test, to start from.
import { RealmError } from '../../errors.ts';
import { newPlugin, useOf } from '../../scaffold/plugin.ts';
import { writeNew } from '../../scaffold/write.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import type { Call } from '../shell.ts';
import { filesText } from './init.ts';

export async function run(call: Call): Promise<number> {
  const { args, globals, out } = call;
  const name = args[0]!;
  const root = await rootOf(call);
  const { written, kept } = writeNew(root, newPlugin(name, root));
  const use = useOf(name);
  if (globals.json) writeJson(out, { written, kept, use });
  else
    out.write(
      `${filesText(written, kept)}\nIn realm.config.yaml:\n${use.replaceAll(/^(?=.)/gm, '  ')}\nTry it: realm plugin test plugins/${name}\n`,
    );
  return EXIT.done;
}

/** The folder of the realm, or this one when there is none yet. */
async function rootOf({ cwd, globals }: Call): Promise<string> {
  try {
    return (await placeOf(cwd, globals)).root;
  } catch (error) {
    if (error instanceof RealmError && error.code === 'CONFIG_NOT_FOUND' && globals.config === undefined) return cwd;
    throw error;
  }
}
