import test from 'ava'
import { escapeControls, escapeText, formatAge, formatJson, formatTable } from '../../ts/report/format.ts'

for (const [claim, text, escaped] of [
  ['plain text stays', 'web-1 /a/b é 漢', 'web-1 /a/b é 漢'],
  ['newlines and tabs are escaped', 'a\nb\tc\r', 'a\\nb\\tc\\r'],
  ['terminal sequences are escaped', '\u001b[2Jx\u0007', '\\x1b[2Jx\\x07'],
  ['C1 controls are escaped', '\u009b31m', '\\x9b31m'],
  ['direction changes are escaped', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['invisible characters are escaped', 'a\u200bb\u00a0c\ufeff', 'a\\u200bb\\xa0c\\ufeff'],
  ['line separators are escaped', 'a\u2028b', 'a\\u2028b'],
  ['tag characters are escaped', '\u{e0041}', '\\u{e0041}'],
  ['half a surrogate pair is escaped', '\ud800x', '\\ud800x'],
  ['a backslash is doubled, so that no text looks escaped', '\\x1b', '\\\\x1b'],
] as const) {
  test(claim, t => t.is(escapeText(text), escaped))
}

test('long text is cut with an ellipsis at the limit', t => t.is(escapeText('abcdef', 4), 'abc…'))
test('text of exactly the limit is kept', t => t.is(escapeText('abcd', 4), 'abcd'))
test('an escape is never cut in two', t => t.is(escapeText('ab\u001bcd', 5), 'ab…'))
test('a huge text costs no more than its beginning', t => t.is(escapeText('x'.repeat(10_000_000), 3), 'xx…'))
test('messages keep their backslashes', t => t.is(escapeControls('"\\u001b" \u001b'), '"\\u001b" \\x1b'))

test('columns are as wide as their widest cell, without trailing blanks', t => {
  t.is(
    formatTable(
      ['A', 'BB'],
      [
        ['long', 'x'],
        ['漢', ''],
      ],
    ),
    'A     BB\nlong  x\n漢\n',
  )
})

test('JSON keeps its value and holds nothing that a terminal obeys', t => {
  const value = { a: '\u009b\u202e\u{e0041}\u001b\n' }
  const json = formatJson(value)
  t.notRegex(json.replaceAll('\n', ''), /\p{C}/u)
  t.deepEqual(JSON.parse(json), value)
})

test('JSON lines have no line break inside', t => t.is(formatJson({ a: [1, { b: 2 }] }, 0), '{"a":[1,{"b":2}]}\n'))

for (const [ageMs, text] of [
  [-5, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [7_199_000, '119m'],
  [7_200_000, '2h'],
  [172_800_000, '2d'],
] as const) {
  test(`an age of ${ageMs} ms is ${text}`, t => t.is(formatAge(ageMs), text))
}
