import type { Command } from 'commander'
import type { Outcome } from '../program.ts'
import { defineDelete } from './recording/delete.ts'
import { defineList } from './recording/list.ts'
import { defineProfile } from './recording/profile.ts'

export function defineRecording(program: Command, outcome: Outcome): void {
  const group = program
    .command('recording')
    .description('What containers with the annotation seccomp-notifyd.io/record were recorded to call.')
  for (const define of [defineList, defineProfile, defineDelete]) define(group, outcome)
}
