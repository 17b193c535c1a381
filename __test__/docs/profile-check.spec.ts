/** docs/profile-check.md explains every code that a finding can have, and none that it cannot. */

import test from 'ava'
import { loadNative } from '../../ts/native.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'

test('every code of a finding is in the table, in the order of the addon', t => {
  const rows = tableOf(readDocument('docs/profile-check.md'), 'code')
  const codes = rows.map(([code = '']) => codesOf(code)[0] ?? '')
  t.true(codes.length > 10)
  t.deepEqual(codes, loadNative().profileFindingCodes())
})
