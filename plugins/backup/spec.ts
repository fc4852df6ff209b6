// What can be said of a backup in YAML.
import { type Infer, s } from 'realm-runner/plugin';
import { withoutPassword } from './repository-name.ts';

const globs = s.list(s.string({ minLength: 1 }));
const source = s.union(
  s.path(),
  s.object({
    from: s.path(),
    include: globs
      .optional()
      .about('Only what one of these globs names, below `from`: `*/memory/**`. Left out: everything.'),
    exclude: globs.default([]).about('Not what one of these names, below `from`: `**/*.tmp`. Stronger than include.'),
  }),
);

const resticTarget = s.object({
  engine: s.oneOf('restic'),
  repository: s
    .textOrSecret()
    .about('As restic takes it: a folder, `sftp:user@host:/path`, `rest:https://nas:8000/`, `s3:…`.'),
  password: s.textOrSecret().about('Of the repository; better a secret. It is handed over in the environment.'),
  env: s.map(s.textOrSecret()).default({}).about('What its backend asks for, such as AWS_ACCESS_KEY_ID.'),
});
const treeTarget = s.object({
  engine: s.oneOf('tree').default('tree'),
  path: s.path().about('A folder; the snapshots lie in `<path>/<policy>/<label>`.'),
  links: s
    .oneOf('auto', 'copy')
    .default('auto')
    .about('`copy`: no file is shared between snapshots, neither by reflink nor by hard link.'),
});
/** `@alias/path`: below one of the `paths` of this host; `zone/name:path`: in a zone. */
const place = s.string({ pattern: '^(@[^/]+|zone/[^:]+:)' });
const target = s.union(place, s.path(), treeTarget, resticTarget);

const step = s.object({
  command: s.list(s.textOrSecret(), { minItems: 1 }).about('Program and arguments; no shell. Awaited.'),
  essential: s.boolean().default(true).about('When it fails the backup fails. Otherwise it is told, and goes on.'),
  timeout: s.duration().default('10m'),
});

const count = s.integer({ minimum: 0 });
const keep = s.object({
  last: count.optional().about('The newest so many.'),
  hourly: count.optional().about('The newest of each of the last so many hours that have one.'),
  daily: count.optional(),
  weekly: count.optional().about('ISO weeks.'),
  monthly: count.optional(),
  yearly: count.optional(),
  within: s.duration().optional().about('Everything that is no older than this before the newest.'),
  tags: s
    .list(s.string({ minLength: 1 }))
    .optional()
    .about('Everything that carries one of these tags.'),
  floor: count
    .default(0)
    .about('The newest so many verified ones stay whatever the rules say. The newest verified one always stays.'),
  budget: s
    .integer({ minimum: 1 })
    .optional()
    .about(
      'At most so many are removed at once without `--allow-deletions`. Default: 10, or a quarter if that is more.',
    ),
});

export const backupSpec = s.object({
  schedule: s.schedule().optional().about('When one is due; without it: on change and by hand only.'),
  timezone: s.timezone().optional().about('Of the schedule and the labels. Default: that of the realm.'),
  watch: s
    .list(s.path(), { minItems: 1 })
    .optional()
    .about('Files, folders or globs such as `agents/*/memory/**`: a change of one makes a snapshot.'),
  approval: s
    .oneOf('required')
    .optional()
    .about(
      '`required`: somebody has to agree to each watched change, before it or later. It is saved either way; `realm approvals` lists what nobody agreed to.',
    ),
  settle: s.duration().default('2s').about('A change is over when nothing changed for so long.'),
  sources: s
    .list(source, { minItems: 1 })
    .optional()
    .about('Files and folders. Symbolic links are kept as links, and never followed. Default: what is watched.'),
  to: s
    .list(target, { minItems: 1 })
    .default(['backups'])
    .about('Where the snapshots go; each place gets one of its own.'),
  keep: keep.about('What stays; a snapshot that any rule names stays. There is no default: say what you want to keep.'),
  label: s
    .oneOf('day', 'week', 'second')
    .optional()
    .about('How folders are named. Default: by the schedule: a day, a week, or to the second.'),
  commands: s
    .object({
      before: s
        .list(step)
        .default([])
        .about('Run before anything is read, such as a dump; REALM_DUMPS names a folder whose files are saved too.'),
      after: s.list(step).default([]),
    })
    .default({})
    .about('Awaited, in order, in the folder of the config. (`after:` beside it is what the backup comes after.)'),
  tolerate: count
    .default(0)
    .about(
      'So many files that could not be read or kept changing still make a complete one. A folder that cannot be read never does: nobody knows what is in it.',
    ),
  shrinkAlarm: s
    .integer({ minimum: 1, maximum: 100 })
    .default(30)
    .about('Per cent of files or bytes fewer than last time that make a snapshot suspicious; nothing is removed then.'),
  verify: s
    .object({
      afterRun: s
        .oneOf('new', 'all')
        .default('new')
        .about('What is read back at once: what was written, or everything.'),
      scrubWithin: s
        .duration()
        .default('30d')
        .about('Everything that is kept is read again within this time, bit by bit.'),
      sourceWithin: s
        .duration()
        .optional()
        .about(
          'The newest is compared with its sources within this time: files that nobody changed must hold what was saved of them. Left out: only by hand.',
        ),
    })
    .default({}),
  drill: s
    .object({
      schedule: s.schedule(),
      pick: s.oneOf('latest', 'random', 'oldest').default('latest'),
      assert: s
        .list(s.union(s.string({ minLength: 1 }), s.list(s.string(), { minItems: 1 })))
        .default([])
        .about('Commands in the restored folder; each must end with 0. Text is run by a shell.'),
      within: s.duration().optional().about('A restore that takes longer has failed the drill.'),
    })
    .optional()
    .about('A real restore into a scratch folder, with assertions.'),
  lateAfter: s
    .duration()
    .optional()
    .about('So long after its slot a backup that is missing is told. Default: an hour.'),
});

export type BackupSpec = Infer<typeof backupSpec>;
export type Target = BackupSpec['to'][number];
export type Source = NonNullable<BackupSpec['sources']>[number];
export type Keep = BackupSpec['keep'];
export type Step = BackupSpec['commands']['before'][number];

/** As people know a target: its folder or repository, without secrets. */
export const written = (target: Target): string => {
  if (typeof target === 'string') return target;
  return target.engine === 'restic' ? withoutPassword(String(target.repository)) : target.path;
};
