import test from 'ava'
import { unifiedDiff } from '../../ts/report/unified-diff.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`)

test('equal texts have no difference', t => {
  t.is(unifiedDiff('a\nb\n', 'a\nb\n', 'f'), '')
})

test('changes far apart are hunks of their own, with three lines around', t => {
  const before = numbered(20)
  const after = before.with(1, 'two\n').toSpliced(17, 1)
  t.is(
    unifiedDiff(before.join(''), after.join(''), 'f'),
    `--- f
+++ f
@@ -1,5 +1,5 @@
 line 1
-line 2
+two
 line 3
 line 4
 line 5
@@ -15,6 +15,5 @@
 line 15
 line 16
 line 17
-line 18
 line 19
 line 20
`,
  )
})

test('a last line without an end is marked', t => {
  t.is(
    unifiedDiff('a', 'a\nb', 'f'),
    '--- f\n+++ f\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n',
  )
})
