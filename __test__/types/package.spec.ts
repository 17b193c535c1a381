/** The types that are shipped, as other people's compilers see them. */

import test from 'ava'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../helpers/child.ts'
import { folderOf } from '../helpers/folder.ts'
import { projectRoot } from '../helpers/project.ts'

const PROGRAM = `
import { createDaemon, NotifydError, parseConfig, profiles, run, type ContainerView, type RunReport } from 'seccomp-notifyd'

export async function main(): Promise<number> {
  const daemon = await createDaemon(parseConfig({ policy: { action: 'stop' } }))
  daemon.on('stopped', ({ id, message }: ContainerView) => console.log(id, message))
  await daemon.close()
  try {
    const report: RunReport = await (await run({ command: 'true', deny: ['chroot'] })).finished
    return report.exitCode + Object.keys(profiles).length
  } catch (error) {
    if (error instanceof NotifydError && error.code === 'ERR_EXEC') return 126
    throw error
  }
}
// @ts-expect-error no command: so it is not all \`any\`
void run({})
`

for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['preserve', 'bundler'],
] as const) {
  test(`a program compiles with moduleResolution ${moduleResolution}, the libraries checked`, async t => {
    const folder = folderOf(t)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(projectRoot, join(folder, 'node_modules/seccomp-notifyd'))
    symlinkSync(join(projectRoot, 'node_modules/@types'), join(folder, 'node_modules/@types'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'main.ts'), PROGRAM)
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2022',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    }
    const types = { types: ['node'] }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, ...types }, files: ['main.ts'] }),
    )
    const { code, stdout } = await start('npx', ['--prefix', projectRoot, 'tsc', '-p', folder], { cwd: projectRoot })
      .finished
    t.deepEqual([code, stdout], [0, ''])
  })
}
