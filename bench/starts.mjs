/** The part of the benchmark that starts containers: what the shim adds to the start of each, under runc and crun. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, which } from '../tools/setup.mjs'
import { ownMs, startMs } from './report.mjs'

const SHIM = join(root, 'native/seccomp-notifyd-runtime')
const RUNTIMES = ['runc', 'crun'].filter(name => which(name) !== null)
/** crun refuses the hybrid cgroup layout: it gets mounts without that. */
const WITHOUT_HYBRID = ['unshare', '--mount', 'sh', '-c', 'umount /sys/fs/cgroup/unified && exec "$@"', 'sh']

/** Of each runtime, one entry per turn. `nothing` is a program that does nothing. */
export async function measureStarts(socket, nothing, repetitions) {
  const raw = {}
  for (const name of RUNTIMES) {
    const program = join(root, 'bench/container-starts.mjs')
    const args = [which(name), SHIM, socket, nothing, String(repetitions)]
    const [command, ...rest] = [...(isRefusedBy(name) ? WITHOUT_HYBRID : []), process.execPath, program, ...args]
    const output = await run(command, rest)
    raw[name] = output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  }
  return raw
}

function isRefusedBy(name) {
  return name === 'crun' && readFileSync('/proc/self/mounts', 'utf8').includes(' /sys/fs/cgroup/unified cgroup2 ')
}

export function startBudgets(raw) {
  const none = [
    { title: 'start of a container', value: 'skip (neither runc nor crun is installed)', limit: '', ok: null },
  ]
  return RUNTIMES.length === 0 ? none : Object.entries(raw).flatMap(([name, turns]) => budgetsOf(name, turns))
}

function budgetsOf(name, turns) {
  const atMost = (title, value, limit) => ({
    title: `${name}: ${title}`,
    value,
    limit: `≤ ${limit}`,
    ok: value <= limit,
  })
  return [
    atMost(
      'start of a watched container against one without us',
      rounded(startMs(turns, 'seen') / startMs(turns, 'plain')),
      1.6,
    ),
    atMost("ms of the shim's own, profile seen before", rounded(ownMs(turns, 'seen')), 5),
    atMost("ms of the shim's own, profile new", rounded(ownMs(turns, 'new')), 150),
  ]
}

const rounded = value => Number(value.toFixed(2))
