/** PURE. Who made a call and with what. The text is escaped already but for what only looks like nothing. */

import type { CallDetail } from '../detail.ts'
import { escapeControls } from './format.ts'

/** `chroot("/some/path")` */
export function callText(syscall: string, args: readonly string[]): string {
  return `${syscall}(${args.map(escapeControls).join(', ')})`
}

/** `sh (pid 4242, /bin/busybox): sh -c 'chroot /'`, as the caller has it. */
export function callerText({ missing, comm, pid, exe, cmdline }: CallDetail): string {
  if (missing !== null) return `detail: ${missing}`
  const facts = [...(pid === null ? [] : [`pid ${pid}`]), ...(exe === null ? [] : [exe])]
  const who = `${comm ?? '?'}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
  return escapeControls(cmdline.length === 0 ? who : `${who}: ${cmdline.map(shown).join(' ')}`)
}

/** A word between quotes where it would not be taken for one. */
function shown(word: string): string {
  return /^[^\s"'`]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`\x27`)}'`
}

/** Both: `chroot("/x")  sh (pid 7, /bin/sh): sh` */
export function callerLine(syscall: string, detail: CallDetail): string {
  return `${callText(syscall, detail.missing === null ? detail.args : ['...'])}  ${callerText(detail)}`
}
