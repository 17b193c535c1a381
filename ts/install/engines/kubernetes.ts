/** PURE: what lets pods choose a handler. It is applied to the cluster, and no file of the node. */

export function runtimeClass(name: string): string {
  return `apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: ${name}
handler: ${name}
`
}
