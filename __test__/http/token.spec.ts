import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readToken } from '../../ts/http/token.ts'
import { folderOf } from '../helpers/folder.ts'

const TOKEN = 'dGhpcyBpcyBhIHRva2Vu+/=='

function fileWith(t: ExecutionContext, text: string, mode = 0o600): string {
  const file = join(folderOf(t), 'token')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

test('the word of the file is the token, without the line break of an editor', t => {
  const check = readToken(fileWith(t, `${TOKEN}\n`))
  t.true(check(TOKEN))
  for (const wrong of ['', `${TOKEN}\n`, TOKEN.slice(1), `${TOKEN}=`, TOKEN.toLowerCase()]) t.false(check(wrong))
})

for (const [what, text] of [
  ['nothing', ''],
  ['too little', 'x'.repeat(21)],
  ['too much', 'x'.repeat(4097)],
  ['two words', `${TOKEN} ${TOKEN}`],
  ['other characters', `${TOKEN}ä`],
] as const) {
  test(`a file with ${what} is refused`, t => {
    t.throws(() => readToken(fileWith(t, text)), {
      code: 'ERR_TOKEN_FILE',
      message: /accepted: one word of 22 to 4096/,
    })
  })
}

for (const mode of [0o640, 0o604, 0o660, 0o602]) {
  test(`a file that others can open (${mode.toString(8)}) is refused`, t => {
    t.throws(() => readToken(fileWith(t, TOKEN, mode)), { code: 'ERR_TOKEN_FILE', message: /chmod 600/ })
  })
}

test('a file that is not there is named', t => {
  t.throws(() => readToken('/nowhere/token'), { code: 'ERR_TOKEN_FILE', message: /\/nowhere\/token/ })
})
