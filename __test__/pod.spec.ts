import test from 'ava'
import { attemptOf, logFolderOf, type Pod } from '../ts/pod.ts'

const POD: Pod = { container: 'web', pod: 'shop-0', namespace: 'prod', uid: '0a1b-2c', attempt: undefined }

test("the folder of the kubelet's logs is that of the pod and its container", t => {
  t.deepEqual(logFolderOf(POD), ['prod_shop-0_0a1b-2c', 'web'])
})

test('what is no name of Kubernetes makes no path', t => {
  for (const hostile of ['..', '.', '', '/etc', 'a/b', 'a_b', 'A', 'a\0', '-a', 'x'.repeat(300)])
    for (const part of ['container', 'pod', 'namespace', 'uid']) {
      t.is(logFolderOf({ ...POD, [part]: hostile }), undefined, `${part} ${hostile}`)
    }
  t.is(logFolderOf({ ...POD, uid: undefined }), undefined)
})

test('the attempt is the highest of the logs, and rotated ones do not count', t => {
  t.is(attemptOf(['0.log', '10.log', '9.log', '11.log.20260101-000000', '12.log.gz', 'x.log', '.log']), 10)
  t.is(attemptOf(['0.log']), 0)
  t.is(attemptOf([]), undefined)
})
