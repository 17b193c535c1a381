#!/usr/bin/env node
/**
 * Runs every test: cargo's, then ava's. Ends with the matrix of what was really exercised and one line,
 * `N passed, N failed`, over all of them. Exit code 1: something failed, a Node warning came, or a runtime that could be
 * installed here was not exercised.
 *
 * node tools/test.mjs [ARGUMENTS OF AVA]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fetchPrometheus } from './prometheus.mjs'
import { buildEnvironment, canInstall, explain, root, say, setUp, which } from './setup.mjs'

const PARTS = ['runc', 'crun', 'podman', 'containerd', 'docker', 'embedded', 'prometheus', 'chromium', 'zsh', 'fish']
/** What `setup.mjs` installs or `prometheus.mjs` fetches, or needs nothing: where these are not exercised, the run is not complete. */
const EXPECTED_PARTS = ['runc', 'crun', 'podman', 'containerd', 'docker', 'embedded', 'prometheus', 'chromium']

const LEFT_BEHIND_MS = 5000

/**
 * Passes the output on line by line. Resolves when the runner has ended, even if a process that it left behind still holds
 * its output; `leftBehind` tells.
 */
function stream(command, args, env, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    lines.on('line', line => {
      console.log(line)
      onLine(line)
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const status = code ?? signal
      const timer = setTimeout(() => {
        child.stdout.destroy()
        resolve({ status, leftBehind: true })
      }, LEFT_BEHIND_MS)
      child.once('close', () => {
        clearTimeout(timer)
        resolve({ status, leftBehind: false })
      })
    })
  })
}

/** A runner that ends badly without a failed test of its own (a build error, a crash) counts as one failure. */
function settle(result, command, { status, leftBehind }) {
  if (leftBehind) say(`test: ${command} left processes behind that hold its output`)
  const failed = result.failed + (leftBehind ? 1 : 0)
  return { ...result, failed: status !== 0 && failed === 0 ? 1 : failed }
}

/** The addon's crate has no tests: a cdylib that needs Node's symbols does not link into a test binary. */
async function runCargo() {
  const result = { passed: 0, failed: 0 }
  const args = ['test', '--workspace', '--exclude', 'notifyd-binding', '--no-fail-fast', '--quiet']
  const end = await stream('cargo', args, buildEnvironment(), line => {
    // One with tests filtered out is a test that starts its own binary again, to do something in a process of its own.
    const summary = /^test result: \w+\. (\d+) passed; (\d+) failed.* 0 filtered out/.exec(line)
    result.passed += Number(summary?.[1] ?? 0)
    result.failed += Number(summary?.[2] ?? 0)
  })
  return settle(result, 'cargo', end)
}

async function runAva(folder, args) {
  const result = { passed: 0, failed: 0 }
  const files = findSpecs()
  if (files === 0) return result
  const env = {
    ...process.env,
    SECCOMP_NOTIFYD_MATRIX: join(folder, 'matrix'),
    // Of every Node process that is started on the way, wherever its standard error goes.
    NODE_REDIRECT_WARNINGS: join(folder, 'warnings'),
  }
  const end = await stream('npx', ['ava', '--tap', ...args], env, line => {
    if (/^ok \d+.*# (skip|todo)/i.test(line)) return
    if (/^ok \d+/.test(line)) result.passed += 1
    if (/^not ok \d+/.test(line) && !/# (skip|todo)/i.test(line)) result.failed += 1
  })
  return settle(result, 'ava', end)
}

function findSpecs(folder = join(root, '__test__')) {
  return readdirSync(folder, { recursive: true }).filter(name => name.endsWith('.spec.ts')).length
}

function readLines(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** Prints what was exercised; returns the parts that should have been and were not. */
function printMatrix(folder) {
  const exercises = readLines(join(folder, 'matrix')).map(line => JSON.parse(line))
  console.log('\nexercised for real:')
  const states = PARTS.map(part => ({
    part,
    ...stateOf(
      exercises.filter(exercise => exercise.part === part),
      part,
    ),
  }))
  for (const { part, text } of states) console.log(`  ${part.padEnd(12)}${text}`)
  return states.filter(({ part, exercised }) => !exercised && EXPECTED_PARTS.includes(part)).map(({ part }) => part)
}

function stateOf(exercises, part) {
  const count = outcome => exercises.filter(exercise => exercise.outcome === outcome).length
  const [passed, failed] = [count('pass'), count('fail')]
  if (failed > 0) return { exercised: true, text: `FAIL (${failed} of ${passed + failed})` }
  if (passed > 0) return { exercised: true, text: `pass (${passed})` }
  const reason = exercises.find(({ outcome }) => outcome === 'skip')?.reason ?? whyNot(part)
  return { exercised: false, text: `skip (${reason})` }
}

function whyNot(part) {
  if (part === 'embedded') return 'no test ran'
  return which(part) === null ? 'not installed' : 'no test yet'
}

/** Failures that no single test reports. */
function findProblems(folder, missing) {
  const warnings = readLines(join(folder, 'warnings'))
  const problems = warnings.length > 0 ? [`Node warned:\n  ${warnings.join('\n  ')}`] : []
  // Without root nothing can be installed and no container started: that is a skip, and the matrix shows it.
  return canInstall() ? [...problems, ...missing.map(part => `${part} could be exercised here and was not`)] : problems
}

async function main() {
  const args = process.argv.slice(2)
  const folder = mkdtempSync(join(tmpdir(), 'sn-test-'))
  try {
    await setUp({ engines: true })
    await fetchPrometheus().catch(error => say(`test: no Prometheus: ${error.message}`))
    const results = [await runCargo(), await runAva(folder, args)]
    const missing = printMatrix(folder)
    // A chosen part of the tests cannot exercise everything.
    const problems = findProblems(folder, args.length === 0 ? missing : [])
    for (const problem of problems) say(`test: ${problem}`)
    const sum = field => results.reduce((total, result) => total + result[field], 0)
    const failed = sum('failed') + problems.length
    console.log(`\n${sum('passed')} passed, ${failed} failed`)
    return failed === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  explain(error)
  console.log('\n0 passed, 1 failed')
  process.exitCode = 1
}
