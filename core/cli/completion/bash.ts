// Completion for bash. Names from a realm are never expanded by the shell: they are compared, not evaluated.
import type { Offer, Place } from './tree.ts';
import { isDynamic, SHELLS, valueFlags } from './tree.ts';

function offerLine(offer: Offer): string {
  if (isDynamic(offer)) return `__realm_offer ${offer}`;
  if (offer === 'files') return 'compopt -o default';
  return offer === 'shells' ? `words='${SHELLS.join(' ')}'` : ':';
}

function placeCase({ path, commands, flags, offer }: Place): string {
  const names = flags.flatMap(({ long, short }) => [long, short]).filter((name) => name !== undefined);
  const pattern = path === '' ? "''" : `'${path}'|'${path} '*`;
  const words = commands.map(({ word }) => word).join(' ');
  return `    ${pattern})
      if [[ $cur == -* ]]; then words='${names.join(' ')}'
      ${words === '' ? `else ${offerLine(offer)}` : `else words='${words}'${path === '' ? '; __realm_offer verbs' : ''}`}; fi ;;`;
}

export function bashScript(places: readonly Place[]): string {
  const flags = valueFlags(places);
  const values = flags.map(({ name, value }) => `    ${name}) ${offerLine(value)}; return ;;`);
  return `# realm completion for bash; in ~/.bashrc:  eval "$(realm completion bash)"
__realm_offer() {
  local word
  while IFS= read -r word; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done < <("\${COMP_WORDS[0]}" "\${globals[@]}" __complete "$@" 2>/dev/null)
}
_realm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb='' words='' word i
  local -a globals=() verbs=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -C|--config|--profile|--state)
        ((i + 1 < COMP_CWORD)) && globals+=("\${COMP_WORDS[i]}" "\${COMP_WORDS[i+1]}"); ((i++)) ;;
      ${flags.map(({ name }) => name).join('|')}) ((i++)) ;;
      -*) ;;
      *) verb="\${verb:+$verb }\${COMP_WORDS[i]}" ;;
    esac
  done
  case $prev in
${values.join('\n')}
  esac
  case $verb in
${places.map(placeCase).join('\n')}
    *) read -ra verbs <<< "$verb"; __realm_offer verbs "\${verbs[@]}" ;;
  esac
  for word in $words; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}
complete -F _realm realm
`;
}
