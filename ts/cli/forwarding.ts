/** Signals that this process gets reach the command too, each once. */

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Run } from '../run.ts'

/** A terminal sends these to its whole foreground group, and so to the command, by itself. */
const OF_TERMINALS: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGTSTP']
const OTHERS: NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT']

type Target = Pick<Run, 'signal' | 'pid'>

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
      const reached = signalsOfGroup(started.pid)
      for (const signal of early) if (!reached.has(signal)) started.signal(signal)
    },
  }
}

/**
 * What the whole group has got since the command is in it. Its parent, our reaper, belongs to the group too and keeps all
 * signals blocked, so they are pending there: SigPnd and ShdPnd of proc_pid_status(5).
 */
function signalsOfGroup(command: number): Set<NodeJS.Signals> {
  const [, parent] = statOf(command)
  const masks = [...readProc(parent ?? '', 'status').matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)]
  const pending = masks.reduce((bits, [, mask]) => bits | BigInt(`0x${mask}`), 0n)
  return new Set(OF_TERMINALS.filter(signal => (pending >> BigInt(constants.signals[signal] - 1)) & 1n))
}

/** Whether our group is the one that our controlling terminal sends its signals to: pgrp and tpgid of proc_pid_stat(5). */
function isInForeground(): boolean {
  const [, , group, , , foreground] = statOf('self')
  return group !== undefined && group === foreground
}

/** The fields of proc_pid_stat(5) from the third on; none of a process that is gone. */
function statOf(pid: number | 'self'): string[] {
  const stat = readProc(pid, 'stat')
  // The name before the last parenthesis may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readProc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
