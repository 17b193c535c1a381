/** PURE: scripts for shells, made of what can be typed where. All words are ours: nothing in them needs quoting but the texts. */

import type { Flag, Place } from './completion-tree.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

const PROGRAM = 'seccomp-notifyd'

export function completionScript(shell: Shell, places: readonly Place[]): string {
  return { bash, zsh, fish }[shell](places)
}

function bash(places: readonly Place[]): string {
  return `# Of bash: source <(${PROGRAM} completion bash)
_seccomp_notifyd() {
  local at= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then COMPREPLY=(); return; fi
    case "$at/\${COMP_WORDS[i]}" in
      ${paths(places)}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at \${COMP_WORDS[COMP_CWORD - 1]}" in
${values(places, words => `words='${words}'`, 'COMPREPLY=(); return')}
    *) case "$at" in
${offers(places, words => `words='${words}'`)}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _seccomp_notifyd ${PROGRAM}
`
}

function zsh(places: readonly Place[]): string {
  return `#compdef ${PROGRAM}
# Of zsh: source <(${PROGRAM} completion zsh)
_seccomp_notifyd() {
  local at= i
  for ((i = 2; i < CURRENT; i++)); do
    if [[ \${words[i]} == -- ]]; then _files; return; fi
    case "$at/\${words[i]}" in
      ${paths(places)}) at="$at/\${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT - 1]}" in
${values(places, words => `compadd -- ${words}; return`, '_files; return')}
  esac
  case "$at" in
${offers(places, words => `compadd -- ${words}`)}
  esac
  _files
}
if [[ $funcstack[1] == _seccomp_notifyd ]]; then _seccomp_notifyd "$@"; else compdef _seccomp_notifyd ${PROGRAM}; fi
`
}

function paths(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|')
}

/** Branches for the word behind an option that takes a value. */
function values(places: readonly Place[], offer: (words: string) => string, otherwise: string): string {
  const branch = (path: string, { name, value }: Flag) =>
    `    '${path} ${name}') ${Array.isArray(value) ? offer(value.join(' ')) : otherwise} ;;`
  return places.flatMap(({ path, options }) => options.filter(takesValue).map(flag => branch(path, flag))).join('\n')
}

function takesValue({ value }: Flag): boolean {
  return value !== 'nothing'
}

/** Branches for any other word. */
function offers(places: readonly Place[], offer: (words: string) => string): string {
  return places.map(place => `    '${place.path}') ${offer(wordsAt(place))} ;;`).join('\n')
}

function wordsAt({ commands, words, options }: Place): string {
  const names = [...commands, ...options].map(({ name }) => name)
  return [...names, ...words].join(' ')
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(place => [
    ...place.commands.map(({ name, text }) => fishLine(place, `-f -a ${name} -d ${quote(text)}`)),
    ...place.words.map(word => fishLine(place, `-f -a ${word}`)),
    ...place.options.map(flag => fishLine(place, fishOption(flag))),
  ])
  return `# Of fish: ${PROGRAM} completion fish | source\n${lines.join('\n')}\n`
}

function fishLine({ path, commands }: Place, what: string): string {
  const seen = path.split('/').filter(name => name !== '')
  const below = commands.map(({ name }) => name).join(' ')
  const conditions = [
    ...seen.map(name => `__fish_seen_subcommand_from ${name}`),
    ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`]),
  ]
  return `complete -c ${PROGRAM} -n ${quote(conditions.join('; and '))} ${what}`
}

function fishOption({ name, text, value }: Flag): string {
  const kind = value === 'nothing' ? '-f' : value === 'file' ? '-r -F' : '-x'
  const words = Array.isArray(value) ? ` -a ${quote(value.join(' '))}` : ''
  return `${kind} -l ${name.slice(2)}${words} -d ${quote(text)}`
}

/** Within single quotes fish takes a backslash before a quote or another backslash. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
