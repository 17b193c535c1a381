import test, { type ExecutionContext } from 'ava'
import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseBundle, readBundle } from '../ts/bundle.ts'
import { listEngineFolder, readEngineFile } from '../ts/engine-files.ts'
import { errorText } from '../ts/errors.ts'
import { folderOf } from './helpers/folder.ts'

const FILE = 'config.json'
const MOUNT = { destination: '/dev/termination-log', source: '/var/lib/kubelet/x', type: 'bind', options: ['rw'] }

function bundleWith(t: ExecutionContext, text: string): string {
  const folder = folderOf(t)
  writeFileSync(join(folder, FILE), text)
  return folder
}

async function reasonOf(t: ExecutionContext, reading: Promise<unknown>): Promise<string> {
  return errorText(await t.throwsAsync(reading))
}

test('annotations and mounts are had, the rest is left', async t => {
  const config = { ociVersion: '1.0.2', annotations: { k: 'v' }, mounts: [{ ...MOUNT, uidMappings: [] }] }
  t.deepEqual(await readBundle(bundleWith(t, JSON.stringify(config))), { annotations: { k: 'v' }, mounts: [MOUNT] })
})

test('what is missing or null is empty', t => {
  const empty = { annotations: {}, mounts: [] }
  t.deepEqual(parseBundle('{}'), empty)
  t.deepEqual(parseBundle('{"annotations":null,"mounts":null}'), empty)
  const [mount] = parseBundle('{"mounts":[{"destination":"/proc","options":null}]}').mounts
  t.deepEqual(mount, { destination: '/proc', source: '', type: '', options: [] })
})

test('no member of an annotation is inherited', t => {
  const { annotations } = parseBundle('{"annotations":{"__proto__":"a","constructor":"b","k":"v"}}')
  t.is(annotations['k'], 'v')
  t.is(Object.getPrototypeOf(annotations), Object.prototype)
})

for (const [what, json, reason] of [
  ['no JSON', '{', /JSON/],
  ['no object', '7', /the document/],
  ['annotations that are no text', '{"annotations":{"k":1}}', /annotations\.k/],
  ['a mount that is no object', '{"mounts":["x"]}', /mounts\.0/],
] as const)
  test(`${what} is refused, with the place`, async t => {
    t.regex(await reasonOf(t, readBundle(bundleWith(t, json))), reason)
  })

test('a bundle whose path is not absolute, as `crun exec` tells it, is not read', async t => {
  t.is(await reasonOf(t, readBundle('.')), 'could not read the bundle ".": it is no absolute path')
})

test('a bundle that is gone rejects with its path', async t => {
  const folder = folderOf(t)
  t.is(
    await reasonOf(t, readBundle(folder)),
    `could not read ${JSON.stringify(join(folder, FILE))}: ENOENT: no such file or directory, open '${join(folder, FILE)}'`,
  )
  await t.throwsAsync(readBundle('/nul\0byte'))
})

test('links, folders and pipes are no files', async t => {
  const folder = bundleWith(t, '{}')
  const at = (name: string) => join(folder, name)
  symlinkSync(at(FILE), at('link'))
  mkdirSync(at('folder'))
  execFileSync('mkfifo', [at('pipe')])
  t.regex(await reasonOf(t, readEngineFile(at('link'), 10)), /ELOOP/)
  t.regex(await reasonOf(t, readEngineFile(at('folder'), 10)), /it is no regular file/)
  t.regex(await reasonOf(t, readEngineFile(at('pipe'), 10)), /it is no regular file/)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('a file of another user is not believed (only root can give a file away)', async t => {
  const folder = bundleWith(t, '{}')
  chownSync(join(folder, FILE), 12345, 12345)
  t.regex(await reasonOf(t, readBundle(folder)), /its owner is 12345, accepted: root and our own user/)
})

test('no more is read than the bound, of files without a size neither', async t => {
  const path = join(bundleWith(t, 'x'.repeat(200_000)), FILE)
  t.is((await readEngineFile(path, 200_000)).length, 200_000)
  t.regex(await reasonOf(t, readEngineFile(path, 199_999)), /it is longer than 199999 bytes/)
  t.true((await readEngineFile('/proc/self/cmdline', 100_000)).includes('node'))
  t.regex(await reasonOf(t, readEngineFile('/proc/self/environ', 1)), /it is longer than 1 bytes/)
})

test('a folder is listed', async t => {
  t.deepEqual(await listEngineFolder(bundleWith(t, '')), [FILE])
  t.regex(await reasonOf(t, listEngineFolder('/nowhere')), /could not list "\/nowhere": ENOENT/)
})
