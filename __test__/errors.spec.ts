import test from 'ava'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES, errorText, NotifydError } from '../ts/errors.ts'

test('an error carries its code, message and cause', t => {
  const cause = new Error('no such file')
  const error = new NotifydError('ERR_STATE_DIR', 'cannot use /state', { cause })
  t.is(error.code, 'ERR_STATE_DIR')
  t.is(error.name, 'NotifydError')
  t.is(error.cause, cause)
  t.true(error instanceof Error)
})

test('the text of an error tells the chain, outermost first', t => {
  const error = new NotifydError('ERR_CONFIG', 'cannot read', { cause: new Error('EACCES', { cause: 'root' }) })
  t.is(errorText(error), 'cannot read: EACCES: root')
  t.is(errorText('plain'), 'plain')
})

test('no code is listed twice', t => {
  t.is(new Set(ERROR_CODES).size, ERROR_CODES.length)
})

test('every code that a file of ts/ throws is listed', t => {
  const used = new Set<string>()
  for (const file of readdirSync('ts', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const found = readFileSync(join('ts', file), 'utf8').matchAll(/new NotifydError\(\s*'(ERR_[A-Z_]+)'/g)
    for (const [, code] of found) used.add(code ?? '')
  }
  t.deepEqual(
    [...used].filter(code => !ERROR_CODES.some(listed => listed === code)),
    [],
  )
  t.true(used.size > 3)
})

test('every code of the addon is listed', t => {
  const rust = readFileSync('crates/binding/src/error.rs', 'utf8')
  const used = [...rust.matchAll(/"(ERR_[A-Z_]+)"/g)].map(([, code]) => code ?? '')
  t.deepEqual(
    used.filter(code => !ERROR_CODES.some(listed => listed === code)),
    [],
  )
  t.true(used.length > 3)
})
