// Completion for zsh.
import type { Offer, Place } from './tree.ts';
import { isDynamic, SHELLS, valueFlags } from './tree.ts';

/** A word and its description, as `_describe` wants it. */
const described = (word: string, about: string): string =>
  `'${word.replaceAll(':', '\\:')}:${about.replaceAll("'", "'\\''")}'`;

function offerLine(offer: Offer): string {
  if (isDynamic(offer)) return `compadd -- \${(f)"$($words[1] $globals __complete ${offer} 2>/dev/null)"}`;
  if (offer === 'files') return '_files';
  return offer === 'shells' ? `compadd -- ${SHELLS.join(' ')}` : ':';
}

/** Words of plugins' verbs that follow those typed so far. */
const verbsLine = (typed: string): string =>
  `compadd -- \${(f)"$($words[1] $globals __complete verbs${typed} 2>/dev/null)"}`;

function placeCase({ path, commands, flags, offer }: Place): string {
  const options = flags.flatMap(({ long, short, about }) =>
    [long, short].filter((name) => name !== undefined).map((name) => described(name, about)),
  );
  const pattern = path === '' ? "''" : `'${path}'|'${path} '*`;
  const words = commands.map(({ word, about }) => described(word, about)).join(' ');
  const foreign = path === '' ? `; ${verbsLine('')}` : '';
  const rest = words === '' ? offerLine(offer) : `choices=(${words}); _describe command choices${foreign}`;
  return `    ${pattern})
      if [[ $PREFIX == -* ]]; then choices=(${options.join(' ')}); _describe flag choices
      else ${rest}; fi ;;`;
}

export function zshScript(places: readonly Place[]): string {
  const flags = valueFlags(places);
  const values = flags.map(({ name, value }) => `    ${name}) ${offerLine(value)}; return ;;`);
  return `#compdef realm
# realm completion for zsh; in ~/.zshrc, after compinit:  eval "$(realm completion zsh)"
_realm() {
  local verb='' i
  local -a globals choices
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      -C|--config|--profile|--state) ((i + 1 < CURRENT)) && globals+=($words[i] $words[i+1]); ((i++)) ;;
      ${flags.map(({ name }) => name).join('|')}) ((i++)) ;;
      -*) ;;
      *) verb="\${verb:+$verb }$words[i]" ;;
    esac
  done
  case $words[CURRENT-1] in
${values.join('\n')}
  esac
  case $verb in
${places.map(placeCase).join('\n')}
    *) ${verbsLine(' ${=verb}')} ;;
  esac
}
compdef _realm realm
`;
}
