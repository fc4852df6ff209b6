// Codes for what can be wrong with the configuration.
export const configCodes = {
  CONFIG_INVALID: {
    retry: false,
    explain:
      'The configuration has errors. They are listed above with their places; nothing was changed. `realm validate` checks again.',
  },
  CONFIG_NOT_FOUND: {
    retry: false,
    explain:
      'No realm.config.yaml (or .yml, .json) in this folder or any folder above it. `realm init` writes one; `--config FILE` names another.',
  },
  CONFIG_UNREADABLE: {
    retry: false,
    explain:
      'The configuration file, or one it includes, exists but could not be read. Check its permissions and that it is a regular file.',
  },
  CONFIG_SYNTAX: {
    retry: false,
    explain:
      'The file is not valid YAML, so nothing in it can be read. The message names the first cause on its line; fix that one first.',
  },
  CONFIG_MULTIPLE_DOCUMENTS: {
    retry: false,
    explain:
      'A configuration file is one YAML document. Everything behind a `---` line would be ignored silently, so it is refused.',
  },
  CONFIG_ENCODING: {
    retry: false,
    explain: 'Configuration files are UTF-8 text without NUL characters. Save the file as UTF-8 in your editor.',
  },
  CONFIG_TOO_LARGE: {
    retry: false,
    explain:
      'A configuration file may have 16 MiB, and a file named by `${file:...}` 1 MiB. Split it with `include:` or drop-in files.',
  },
  CONFIG_TOO_DEEP: {
    retry: false,
    explain: 'Values may nest 64 levels deep. Deeper is almost always an unclosed bracket, or an attack on the parser.',
  },
  CONFIG_ALIAS: {
    retry: false,
    explain:
      '`*name` repeats the value marked `&name` before it. There is no such mark, or the value would contain itself.',
  },
  CONFIG_ALIAS_BOMB: {
    retry: false,
    explain: 'Aliases of aliases multiply. The file would grow beyond the limit in the message, so it is not expanded.',
  },
  CONFIG_TAG: {
    retry: false,
    explain:
      'YAML tags such as `!secret` are not used. Secrets and variables are written `${secret:NAME}` and `${env:NAME}`.',
  },
  CONFIG_KEY: { retry: false, explain: 'Keys are plain names: not empty, not lists or maps, and not `__proto__`.' },
  CONFIG_DUPLICATE_KEY: {
    retry: false,
    explain: 'The same key stands twice in one map. YAML would keep only one of them silently, so it is refused.',
  },
  CONFIG_DUPLICATE_NAME: {
    retry: false,
    explain:
      'Two files, or a resource and one that another stands for, define the same thing. Nothing overrides anything silently; keep one. To change values for one occasion use a profile.',
  },
  CONFIG_NUMBER: {
    retry: false,
    explain:
      'The number has more digits than a number can hold exactly. Written in quotes it is text and stays as it is.',
  },
  CONFIG_EMPTY: {
    retry: false,
    explain:
      'The root configuration is empty, which would mean that nothing shall be true. A file caught while being saved looks like this too, so it is refused.',
  },
  CONFIG_INCLUDE_MISSING: {
    retry: false,
    explain:
      'An `include:` entry names a file that does not exist. Paths are relative to the folder of the root config. A glob may match nothing.',
  },
  CONFIG_INCLUDE_CYCLE: {
    retry: false,
    explain: 'Files include each other in a circle; the message names the whole circle.',
  },
  CONFIG_VERSION: {
    retry: false,
    explain:
      'The file was written for a newer Realm, or an older one. `realm migrate` lifts an older file; a newer one needs a newer Realm.',
  },
  CONFIG_SECTION_UNKNOWN: {
    retry: false,
    explain:
      'A top-level key is neither reserved nor a section of a plugin in use. Often the plugin is missing under `plugins:`, or the word has a typo.',
  },
  CONFIG_KEY_UNKNOWN: {
    retry: false,
    explain:
      'The key means nothing here. Unknown keys are errors, because a misspelt key would be a wish that is silently ignored.',
  },
  CONFIG_KEY_MISSING: { retry: false, explain: 'A key without which the resource has no meaning is missing.' },
  CONFIG_TYPE: {
    retry: false,
    explain: 'The value is of another type than the key takes: text, number, true or false, list or map.',
  },
  CONFIG_VALUE: {
    retry: false,
    explain:
      'The value is of the right type but outside what is allowed: not one of the words, not in the written form, too small, too large.',
  },
  CONFIG_NAME: {
    retry: false,
    explain:
      'Names are lower case: letters, digits, `-`, `_` and `.`, beginning with a letter or digit, so that they are the same on every filesystem and in every path.',
  },
  CONFIG_NAME_CASE: {
    retry: false,
    explain: 'Two names differ only in upper and lower case, so on some systems their files would be the same.',
  },
  CONFIG_REFERENCE: {
    retry: false,
    explain:
      'Inside a value `${` begins a reference: `${env:NAME}`, `${env:NAME:-default}`, `${file:path}` or `${secret:name}`. Write `$${` for the two characters themselves.',
  },
  CONFIG_ENV_UNSET: {
    retry: false,
    explain:
      'The environment variable is not set where Realm runs, and the reference gives no default. Realm uses the environment of the process that holds the lease.',
  },
  CONFIG_FILE_REFERENCE: {
    retry: false,
    explain:
      'The file named by `${file:...}` could not be read as UTF-8 text. Paths are relative to the folder of the root config.',
  },
  CONFIG_SECRET_PLACE: {
    retry: false,
    explain:
      'A secret may stand only where the key takes one, alone in its value. Anywhere else its text could end up in plans, logs or state.',
  },
  CONFIG_REF_UNKNOWN: { retry: false, explain: 'The reference `kind/name` names a resource that is not declared.' },
  CONFIG_CYCLE: {
    retry: false,
    explain:
      'Resources wait for each other in a circle through `after:`, so none could be first. The message names the whole circle.',
  },
  CONFIG_HOST_UNKNOWN: { retry: false, explain: '`host:` names a host that the section `hosts:` does not declare.' },
  CONFIG_SCHEDULE: {
    retry: false,
    explain: 'A schedule is a cron pattern, `minute hour day month weekday`, such as `0 7 * * MON-FRI`.',
  },
  CONFIG_REGEXP: {
    retry: false,
    explain:
      'A regular expression does not compile. It is written as in JavaScript, with or without slashes around it, and without flags: `listening on \\d+`.',
  },
  CONFIG_TIMEZONE: { retry: false, explain: 'A time zone is an IANA name such as `Europe/Berlin` or `UTC`.' },
  CONFIG_PROFILE_UNKNOWN: { retry: false, explain: '`--profile` names a profile that is not under `profiles:`.' },
  CONFIG_CHECK: {
    retry: false,
    explain:
      "Resources that are each valid alone do not go together, such as two on one port. The message is the kind's own.",
  },
  CONFIG_DERIVE: {
    retry: false,
    explain:
      'A resource stands for others (as an agent stands for its service), and one of those is not valid or cannot exist. The place is that of the resource that stands for it.',
  },
  CONFIG_SETTINGS_MISSING: { retry: false, explain: 'A plugin in use needs settings that are not written.' },
  SECRET_MISSING: {
    retry: true,
    explain:
      'The secret has no value: its environment variable, file or command gives none. Without an entry under `secrets:` it is the file `.realm/secrets/NAME`.',
  },
  SECRET_UNSAFE: {
    retry: true,
    explain: 'The file of the secret can be read by others. Make it readable by its owner alone: `chmod 600 FILE`.',
  },
  SECRET_FAILED: { retry: true, explain: 'The command that prints the secret failed or took longer than 10 seconds.' },
  SECRET_SHORT: {
    retry: true,
    explain:
      'The text of the secret has fewer than 4 characters. Realm replaces the text of secrets in everything it stores and shows; with so short a text that would make ordinary words unreadable, and leaving it in would show it.',
  },
  CONFIG_PROFILE: {
    retry: false,
    explain:
      'A profile is a map laid over the configuration, key by key. It cannot hold `version`, `include` or `profiles`.',
  },
} as const;
