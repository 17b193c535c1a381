/** Containers under the profile of our own, resolved for their capabilities, with the real runc and the real crun. */

import { profiles } from '../../ts/index.ts'
import type { Profile, RuntimeName } from '../helpers/containers.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const CAPABILITIES = ['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SYS_CHROOT']
/** What ordinary scripts do, then a status of its own. */
const ORDINARY = 'ls / | sort >/dev/null && sleep 0 & wait; chroot / true && exit 7'

function resolved(capabilities: readonly string[]): Profile {
  const { document } = profiles.resolve(profiles.runtimeDefault(), { capabilities: [...capabilities] })
  return JSON.parse(document.text) as Profile
}

for (const runtime of ['runc', 'crun'] satisfies RuntimeName[]) {
  const { check, createPlace } = checksUnder(runtime)

  check('a container runs under runtime-default with the calls of its capabilities', async t => {
    const runtimes = createPlace(t)
    const args = ['sh', '-c', ORDINARY]
    const bundle = runtimes.bundle({ args, profile: resolved(CAPABILITIES), capabilities: CAPABILITIES })
    const { code, stderr } = await runtimes.run(`c-${process.pid}`, bundle).finished
    t.is(code, 7, stderr)
  })

  check('runtime-default denies what the capabilities do not bring', async t => {
    const runtimes = createPlace(t)
    const args = ['sh', '-c', 'chroot / true; unshare -m true; exit 7']
    const bundle = runtimes.bundle({ args, profile: resolved(['CAP_KILL']), capabilities: CAPABILITIES })
    const { code, stderr } = await runtimes.run(`c-${process.pid}`, bundle).finished
    t.is(code, 7, stderr)
    t.regex(stderr, /chroot.*Operation not permitted/)
    t.regex(stderr, /unshare.*Operation not permitted/)
  })
}
