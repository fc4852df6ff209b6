// `realm backup bootstrap`: a realm from a bare target, when machine and config are gone.
import { type Action, s } from 'realm-runner/plugin';
import { bareTarget, REPOSITORY } from '../bare-target.ts';
import { instantOf } from '../instant.ts';
import { bootstrap, planBootstrap } from '../restore/bootstrap.ts';
import { toolsOf } from '../tools.ts';
import { bytesText } from '../words.ts';

interface BootstrapInput {
  readonly from: string;
  readonly to: string;
  readonly policy?: readonly string[] | undefined;
  readonly at?: string | undefined;
  readonly passwordFile?: string | undefined;
}

export const bootstrapVerb: Action<BootstrapInput> = {
  name: 'backup.bootstrap',
  summary: 'Bring a realm back from nothing but the folder or the repository of its backups.',
  input: s.object({
    from: s
      .union(s.string({ pattern: REPOSITORY }), s.path())
      .about(
        'The folder in which realm-target.json lies, or a restic repository: a folder too, or as restic takes it.',
      ),
    to: s.path().about('The folder of the realm to be.'),
    at: s.string().optional().about('As it was at this instant, as 2026-11-21 or 2026-11-21T07:00:00Z.'),
    policy: s.list(s.string()).optional().about('Only these backups. Default: all, the newer over the older.'),
    passwordFile: s
      .path()
      .optional()
      .about(
        'Holds the password of the repository. Default: RESTIC_PASSWORD or RESTIC_PASSWORD_FILE of the environment.',
      ),
  }),
  effect: 'write',
  long: true,
  anywhere: true,
  cli: { verb: 'backup bootstrap', positionals: ['from', 'to'] },
  async run({ from, to, policy: policies, at: typed, passwordFile }, ctx) {
    const target = bareTarget(from, passwordFile, ctx);
    const at = typed === undefined ? undefined : instantOf(typed, ctx.realm.timezone);
    const plan = await planBootstrap({ ...target, to, policies, at });
    const { files, bytes, snapshots, hasConfig, outside } = await bootstrap(plan, toolsOf(ctx));
    const next = hasConfig ? `realm -C ${to} plan` : 'no realm.config.yaml was among them';
    const elsewhere = outside === undefined ? '' : `What lay outside the realm is in ${outside}.\n`;
    const text = `${files} files, ${bytesText(bytes)} from ${snapshots.join(', ')}\n${elsewhere}${next}\n`;
    return { version: 1, text, files, bytes, snapshots, hasConfig, outside: outside ?? null };
  },
};
