// Run by scaffold.test.ts as a process of its own: tries the plugin and prints what came of it as JSON.
import { RealmError } from '../../../core/errors.ts';
import { tryPlugin } from '../../../core/scaffold/try-plugin.ts';

const [root = '.', plugin = ''] = process.argv.slice(2);
const end = await tryPlugin({ plugin, root }).catch((error: unknown) => {
  if (error instanceof RealmError) return { code: error.code, message: error.message, hint: error.hint };
  throw error;
});
process.stdout.write(JSON.stringify(end));
