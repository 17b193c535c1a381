import type { Command } from 'commander'
import { json } from '../options.ts'
import type { Outcome } from '../program.ts'

export function defineDoctor(program: Command, outcome: Outcome): void {
  program
    .command('doctor')
    .description('Try what the kernel can do, and find engines, their versions and which way in works there.')
    .addOption(json('a table'))
    .action(async flags => outcome(await (await import('../commands/doctor.ts')).doctor(flags)))
}
