// Completion for fish.
import type { Offer, Place } from './tree.ts';
import { isDynamic, SHELLS, valueFlags } from './tree.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Arguments for `complete`: files only where they fit. */
function offerArgs(offer: Offer): string {
  if (isDynamic(offer)) return ` -a '(__realm_offer ${offer})'`;
  if (offer === 'files') return ' -F';
  return offer === 'shells' ? ` -a '${SHELLS.join(' ')}'` : '';
}

function placeLines({ path, commands, flags, offer }: Place): string[] {
  const at = `complete -c realm -n ${quoted(`__realm_at ${quoted(path)}`)}`;
  return [
    ...commands.map(({ word, about }) => `${at} -a ${word} -d ${quoted(about)}`),
    ...flags.map(({ long, short, about, value }) => {
      const names =
        (long === undefined ? '' : ` -l ${long.slice(2)}`) + (short === undefined ? '' : ` -s ${short.slice(1)}`);
      return `${at}${names}${value === undefined ? '' : ` -r${offerArgs(value)}`} -d ${quoted(about)}`;
    }),
    ...(offer === 'none' ? [] : [`${at}${offerArgs(offer)}`]),
  ];
}

export function fishScript(places: readonly Place[]): string {
  const flags = valueFlags(places).map(({ name }) => name);
  const leaves = places.filter(({ commands }) => commands.length === 0).map(({ path }) => quoted(path));
  const own = places.find(({ path }) => path === '')?.commands.map(({ word }) => quoted(word)) ?? [];
  return `# realm completion for fish; in config.fish:  realm completion fish | source
function __realm_words
  set -l skip 0
  for word in (commandline -opc)[2..]
    if test $skip = 1
      set skip 0
    else if contains -- $word ${flags.join(' ')}
      set skip 1
    else if not string match -q -- '-*' $word
      echo $word
    end
  end
end
function __realm_at
  set -l typed (string join ' ' (__realm_words))
  test "$typed" = "$argv[1]"; and return 0
  contains -- "$argv[1]" ${leaves.join(' ')}; and string match -q -- "$argv[1] *" $typed
end
function __realm_globals
  set -l tokens (commandline -opc)
  for i in (seq 2 (math (count $tokens) - 1))
    contains -- $tokens[$i] -C --config --profile --state; and printf '%s\\n' $tokens[$i] $tokens[(math $i + 1)]
  end
end
function __realm_offer
  realm (__realm_globals) __complete $argv 2>/dev/null
end
function __realm_foreign
  set -l words (__realm_words)
  test (count $words) -eq 0; or not contains -- $words[1] ${own.join(' ')}
end
complete -c realm -f
complete -c realm -n __realm_foreign -a '(__realm_offer verbs (__realm_words))'
${places.flatMap(placeLines).join('\n')}
`;
}
