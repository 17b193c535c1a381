#!/usr/bin/env node
/** Every check that is not a test, one line each. All run, so that one call shows everything that is wrong. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildEnvironment, EXECUTABLES, explain, root, run, say, setUp, StepFailure, which } from './setup.mjs'

const STATIC = EXECUTABLES.map(({ file }) => file)
const command = (name, args) => () => run(name, args, { env: buildEnvironment() })

const CHECKS = [
  { title: 'cargo fmt', check: command('cargo', ['fmt', '--all', '--check']) },
  {
    title: 'cargo clippy',
    check: command('cargo', ['clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings']),
  },
  { title: 'oxlint', check: command('npx', ['oxlint', '--type-aware', '--deny-warnings']) },
  { title: 'oxfmt', check: command('npx', ['oxfmt', '--check']) },
  { title: 'generated files are committed', check: generatedFilesAreCommitted },
  { title: 'docs are up to date', check: command('node', ['tools/generate-docs.mjs', '--check']) },
  { title: 'publint', check: command('npx', ['publint', '--strict']) },
  { title: 'what is built needs no libseccomp at run time', check: buildsAreSelfContained },
  {
    title: 'cargo deny',
    check: command('cargo', ['deny', 'check', 'licenses']),
    when: () => which('cargo-deny') !== null,
  },
  { title: 'typos', check: command('typos', []), when: () => which('typos') !== null },
]

/** `native/index.d.ts` is written by the build, so a changed interface shows up in review. */
async function generatedFilesAreCommitted() {
  if (!existsSync(join(root, '.git'))) return
  await run('git', ['diff', '--exit-code', '--', 'native/index.d.ts'])
}

/** libseccomp is linked statically: what is built has to load on hosts with any version of it, or none. The executables need no libc. */
async function buildsAreSelfContained() {
  const names = readdirSync(join(root, 'native')).filter(name => name.endsWith('.node') || STATIC.includes(name))
  if (names.length < STATIC.length + 1)
    throw new StepFailure(
      `native/ has only ${names.join(' ') || 'nothing'}; expected are addon and ${STATIC.join(' ')}`,
    )
  for (const name of names) {
    const dynamic = await run('readelf', ['-d', join('native', name)])
    if ((STATIC.includes(name) ? /NEEDED/ : /NEEDED.*libseccomp/).test(dynamic))
      throw new StepFailure(`${name} is linked to a library dynamically`, dynamic)
  }
}

/** Runs all checks; prints one line each, and what a failed one said. */
export async function lint() {
  const result = { passed: 0, failed: 0 }
  for (const { title, check } of CHECKS.filter(({ when }) => when?.() ?? true)) {
    try {
      await check()
      result.passed += 1
      say(`lint: pass  ${title}`)
    } catch (error) {
      result.failed += 1
      say(`lint: FAIL  ${title}`)
      explain(error)
    }
  }
  return result
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setUp()
    const { passed, failed } = await lint()
    console.log(`${passed} passed, ${failed} failed`)
    process.exitCode = failed === 0 ? 0 : 1
  } catch (error) {
    explain(error)
    process.exitCode = 1
  }
}
