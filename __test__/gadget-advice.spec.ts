/** What Inspektor Gadget advises, in each form that it has. */

import test from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { profiles } from '../ts/index.ts'
import { jsonOf, readSource } from '../ts/profile-source.ts'
import { projectRoot } from './helpers/project.ts'

const fixture = (name: string) => readFileSync(join(projectRoot, '__test__/fixtures/advice', name), 'utf8')
const STREAM = fixture('two-containers.txt')
const TRACE = fixture('trace.yaml')
const facts = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }
const converted = (text: string, more: object = {}) => profiles.convert(text, { to: 'oci', facts, ...more })
const namesOf = (text: string) => (JSON.parse(text) as { syscalls: { names: string[] }[] }).syscalls[0]?.names

test('of a stream the profile of the named container is taken, without names that stand for numbers', async t => {
  const { text, from, losses } = await converted(STREAM, { container: 'redis {1}' })
  t.is(from, 'inspektor-gadget')
  t.deepEqual(namesOf(text), ['epoll_wait', 'write'])
  t.deepEqual(losses, ['unknown_syscall_500, which stands for a number without a name'])
})

test('what several instances of a container called is put together', async t => {
  const { text, losses } = await converted(STREAM, { container: 'nginx', from: 'inspektor-gadget' })
  t.deepEqual(namesOf(text), ['accept4', 'openat', 'read'])
  t.deepEqual(losses, ['syscall_1f4, which stands for a number without a name'])
})

test('of several containers one has to be named, and one that there is', async t => {
  const message =
    /it is for several containers, but for nginx, redis \{1\}; choose one with profile convert --container/
  await t.throwsAsync(converted(STREAM), { code: 'ERR_PROFILE', message })
  await t.throwsAsync(converted(STREAM, { container: 'db' }), { code: 'ERR_PROFILE', message: /it is not for "db"/ })
  const [first = ''] = STREAM.split('// redis')
  t.deepEqual(namesOf((await converted(first)).text), ['accept4', 'read'])
  await t.throwsAsync(converted(jsonOf(first), { container: 'x' }), { code: 'ERR_USAGE', message: /not of "x"/ })
})

test('instances that differ in more than names are not put together', async t => {
  const other = STREAM.replace(/"SCMP_ARCH_X32"\n([^/]*)$/, '"SCMP_ARCH_ARM"\n$1')
  t.not(other, STREAM)
  await t.throwsAsync(converted(other, { container: 'nginx' }), { message: /differ in more than names of calls/ })
})

test('a Trace object has the profile in its status, as YAML and as JSON, and in a list', async t => {
  const { text, from } = await converted(TRACE)
  t.deepEqual([from, namesOf(text)], ['inspektor-gadget', ['accept4', 'close']])
  const json = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'gadget.kinvolk.io/v1alpha1', kind: 'Trace', status: { output: namesIn(['chdir']) } }],
  })
  t.deepEqual(namesOf((await converted(json)).text), ['chdir'])
})

const namesIn = (names: string[]) =>
  JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] })

test('a profile alone, as older gadgets print it, is one where that is said', async t => {
  const { text, from, losses } = await converted(namesIn(['read', 'syscall_1f4']), { from: 'inspektor-gadget' })
  t.deepEqual([from, namesOf(text), losses.length], ['inspektor-gadget', ['read'], 1])
  t.is((await converted(namesIn(['read']))).from, 'oci')
})

test('placeholders go wherever they stand, and nothing else does', async t => {
  for (const names of [
    ['syscall_1f4', 'read'],
    ['read', 'syscall_1f4'],
    ['unknown_syscall_7', 'syscall_1f4', 'read', 'syscall_2'],
  ]) {
    const { text } = await converted(`// a\n${namesIn(names)}\n`)
    t.deepEqual(namesOf(text), ['read'])
  }
})

test('each piece stays on its line, so that lines which are told are those of the file', async t => {
  const [first = ''] = STREAM.split('// redis')
  const document = profiles.parse(first)
  t.is(document.text, first)
  const { ways } = await profiles.explainCall(document, 'read', { facts, abi: 'x86_64' })
  const line = first.split('\n').findIndex(text => text.includes('"read"')) + 1
  t.is(ways[0]?.cases[0]?.rule?.line, line)
})

test('wherever a profile is read an advice is', async t => {
  const [first = ''] = STREAM.split('// redis')
  for (const text of [first, TRACE]) {
    const document = profiles.parse(text)
    t.is(document.format, 'oci')
    t.true((await profiles.diff(document, profiles.parse(jsonOf(text)), { facts })).equal)
    t.true((await profiles.check(document, { facts })).length > 0)
    const wider = await profiles.suggest(document, [{ syscall: 'rmdir' }], { facts })
    t.true(namesOf(jsonOf(wider.document.text))?.includes('rmdir'))
  }
})

test('what is no advice is left as it is', t => {
  for (const text of ['', '{', '{"a": 1}', '// only a comment', '{"a": "}"} x', '[1]', 'nonsense'])
    t.deepEqual(readSource(text), { json: text, isAdvice: false }, text)
})
