/** Signals that this process gets reach the command too, each once. */

import { readFileSync } from 'node:fs'
import type { Run } from '../run.ts'

/** A terminal sends these to its whole foreground group, and so to the command, by itself. */
const OF_TERMINALS: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGTSTP']
const OTHERS: NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT']

type Target = Pick<Run, 'signal'>

export interface Forwarding {
  /** Sends on what has come so far, and what comes from now on. */
  to(command: Target): void
}

/**
 * From now on none of these signals ends this process: the command's end does. Called before the command is started, as
 * one that came in between would leave it without its supervisor.
 */
export function forwardSignals(): Forwarding {
  const early: NodeJS.Signals[] = []
  let command: Target | undefined

  function forward(signal: NodeJS.Signals): void {
    if (command === undefined) early.push(signal)
    else if (!OF_TERMINALS.includes(signal) || !isInForeground()) command.signal(signal)
    if (signal === 'SIGTSTP') process.kill(process.pid, 'SIGSTOP')
  }

  for (const signal of [...OF_TERMINALS, ...OTHERS]) process.on(signal, forward)
  return {
    to(started) {
      command = started
      for (const signal of early) started.signal(signal)
    },
  }
}

/** Whether our group is the one that our controlling terminal sends its signals to: pgrp and tpgid of proc_pid_stat(5). */
function isInForeground(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  // The name before the last parenthesis may hold anything.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return group === foreground
}
