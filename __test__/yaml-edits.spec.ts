/** Edits of a profile in YAML: what is not concerned stays, whatever the style is. */

import test from 'ava'
import fc from 'fast-check'
import { profiles } from '../ts/index.ts'
import { jsonOf } from '../ts/profile-source.ts'
import { editYaml } from '../ts/yaml-edits.ts'

const facts = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }

const OBJECT = `# Of the team that owns web.
apiVersion: security-profiles-operator.x-k8s.io/v1 # since 1.0
kind: SeccompProfile
metadata: { name: web, labels: { a: "b" } }
spec:
  defaultAction: SCMP_ACT_ERRNO   # EPERM
  architectures:
  - SCMP_ARCH_X86_64
  syscalls:
  # What every program needs.
  - action: SCMP_ACT_ALLOW
    names:
    - exit_group # the end
    - read

    - write
  # Only for the old loader.
  - action: SCMP_ACT_ALLOW
    names: ["personality"]
    args:
    - {index: 0, value: 9223372036854775807, op: SCMP_CMP_EQ}
  - names:
    - 'clone3'
    action: SCMP_ACT_ERRNO
    errnoRet: 38
  state: Enabled
`

/** What was put in, line by line; everything else is as it was. */
function added(before: string, after: string): string[] {
  const old = before.split('\n')
  const lines = after.split('\n').filter(line => (line === old[0] ? void old.shift() : true))
  if (old.length > 0) throw new Error(`lost or changed: ${old.join('|')}`)
  return lines
}

async function suggest(text: string, calls: profiles.SeenCall[], allowDangerous: string[] = []) {
  const { document } = await profiles.suggest(profiles.parse(text), calls, { facts, allowDangerous })
  return document.text
}

test('a name is one line more, in its place among sorted ones', async t => {
  t.deepEqual(added(OBJECT, await suggest(OBJECT, [{ syscall: 'mkdir' }])), ['    - mkdir'])
  const changed = await suggest(OBJECT, [{ syscall: 'chdir' }, { syscall: 'writev' }])
  t.deepEqual(added(OBJECT, changed), ['    - chdir', '    - writev'])
  t.true(changed.includes('    - chdir\n    - exit_group # the end\n'))
  t.true(changed.includes('    - write\n    - writev\n  # Only for the old loader.\n'))
})

test('a rule for arguments is written as the one before it, integers exact', async t => {
  const args = ['0x7ffffffffffffffe', '0', '0', '0', '0', '0']
  const changed = await suggest(OBJECT, [{ syscall: 'personality', args }], ['personality'])
  t.deepEqual(added(OBJECT, changed), [
    '  - action: SCMP_ACT_ALLOW',
    '    names: ["personality"]',
    '    args:',
    '    - {index: 0, value: 9223372036854775806, op: SCMP_CMP_EQ}',
  ])
})

test('a rule that denies loses the name, or goes with its lines', async t => {
  const allowing = OBJECT.replace('defaultAction: SCMP_ACT_ERRNO ', 'defaultAction: SCMP_ACT_ALLOW ')
  const rule = "  - names:\n    - 'clone3'\n    action: SCMP_ACT_ERRNO\n    errnoRet: 38\n"
  const without = await suggest(allowing, [{ syscall: 'clone3' }], ['clone3'])
  t.is(without, allowing.replace(rule, ''))
  const two = allowing.replace("    - 'clone3'\n", "    - 'clone3' # why\n    - mkdir\n")
  t.is(await suggest(two, [{ syscall: 'clone3' }], ['clone3']), two.replace("    - 'clone3' # why\n", ''))
})

test('lists in brackets, on one line or several, and line ends of DOS stay as they are', async t => {
  const flow =
    'defaultAction: SCMP_ACT_ERRNO\r\nsyscalls:\r\n    - names: [ read,\r\n              write ]\r\n      action: SCMP_ACT_ALLOW\r\n'
  t.is(await suggest(flow, [{ syscall: 'mkdir' }]), flow.replace('[ read', '[ mkdir,\r\n              read'))
  const inline =
    "defaultAction: SCMP_ACT_ERRNO\nsyscalls: [{ names: ['read'], action: SCMP_ACT_ALLOW }, { names: [chdir], action: SCMP_ACT_ALLOW, args: [{ index: 0, value: 1, op: SCMP_CMP_EQ }] }]\n"
  const changed = await suggest(inline, [{ syscall: 'chdir', args: ['2', '0', '0', '0', '0', '0'] }])
  const rule = '{ names: [chdir], action: SCMP_ACT_ALLOW, args: [{ index: 0, value: 1, op: SCMP_CMP_EQ }] }'
  t.is(changed, inline.replace(`${rule}]`, `${rule}, ${rule.replace('value: 1', 'value: 2')}]`))
})

test('what is allowed already changes no byte', async t => {
  t.is(await suggest(OBJECT, [{ syscall: 'read' }]), OBJECT)
})

test('a list that is written as an alias, or a list that would be empty, is refused and not guessed', async t => {
  const alias = 'defaultAction: SCMP_ACT_ERRNO\nx: &n [read]\nsyscalls:\n- names: *n\n  action: SCMP_ACT_ALLOW\n'
  await t.throwsAsync(suggest(alias, [{ syscall: 'mkdir' }]), {
    code: 'ERR_PROFILE',
    message: /convert it to JSON first/,
  })
  const last = 'defaultAction: SCMP_ACT_ALLOW\nsyscalls:\n- names: [mkdir]\n  action: SCMP_ACT_ERRNO\n'
  await t.throwsAsync(suggest(last, [{ syscall: 'mkdir' }]), {
    code: 'ERR_PROFILE',
    message: /convert it to JSON first/,
  })
})

const name = fc.constantFrom('read', 'write', 'openat', 'close', 'mkdir', 'chdir')
const comment = fc.constantFrom('', ' # why', '   #')
const rule = fc.record({ names: fc.uniqueArray(name, { minLength: 1 }), comment, flow: fc.boolean() })

test('whatever the file looks like, an edit changes what it says as it would in JSON, and keeps all other lines', t => {
  const profile = fc.record({ rules: fc.array(rule, { minLength: 2, maxLength: 4 }), deep: fc.boolean() })
  fc.assert(
    fc.property(profile, fc.nat(), fc.nat(), fc.boolean(), ({ rules, deep }, first, second, adds) => {
      const dash = deep ? '    - ' : '- '
      const lead = ' '.repeat(dash.length)
      const text = `syscalls:\n${rules.map(each => ruleText(each, dash, lead)).join('')}# the end\n`
      const at = first % rules.length
      const before = (JSON.parse(jsonOf(text)) as { syscalls: { names: string[] }[] }).syscalls
      const names = before[at]?.names ?? []
      const position = second % names.length
      if (adds) {
        const json = JSON.stringify('rmdir')
        const after = editYaml(text, [{ does: 'add-name', rule: at, position, json }])
        before[at]?.names.splice(position, 0, 'rmdir')
        t.deepEqual(JSON.parse(jsonOf(after)), { syscalls: before })
        if (rules[at]?.flow === false) t.deepEqual(added(text, after), [`${lead}  - rmdir`])
      } else {
        const after = editYaml(text, [{ does: 'remove-rule', rule: at, position: 0 }])
        before.splice(at, 1)
        t.deepEqual(JSON.parse(jsonOf(after)), { syscalls: before })
        added(after, text)
      }
    }),
  )
})

function ruleText(
  { names, comment: why, flow }: { names: string[]; comment: string; flow: boolean },
  dash: string,
  lead: string,
) {
  const list = flow
    ? ` [${names.join(', ')}]${why}\n`
    : `${why}\n${names.map(each => `${lead}  - ${each}${why}\n`).join('')}`
  return `${dash}names:${list}${lead}action: SCMP_ACT_ALLOW${why}\n`
}
