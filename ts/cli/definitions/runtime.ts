import type { Command } from 'commander'
import type { Outcome } from '../program.ts'
import { defineConfig } from './runtime/config.ts'
import { defineInstall } from './runtime/install.ts'
import { defineUninstall } from './runtime/uninstall.ts'

export function defineRuntime(program: Command, outcome: Outcome): void {
  const group = program
    .command('runtime')
    .description('Register the runtime shim with container engines, and take it out again.')
  for (const define of [defineInstall, defineUninstall, defineConfig]) define(group, outcome)
}
