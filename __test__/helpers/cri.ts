/** The messages of Kubernetes' Container Runtime Interface, version 1, as far as the mock of the kubelet needs them. */

import { callGrpc } from './grpc.ts'
import { decode, encode, type Fields, type Message } from './protobuf.ts'

const SECCOMP: Fields = { type: [1, 'number'], localhost: [2, 'text'] }
const NAMESPACES: Fields = { network: [1, 'number'], pid: [2, 'number'], ipc: [3, 'number'] }
const POD: Fields = {
  metadata: [1, { name: [1, 'text'], uid: [2, 'text'], namespace: [3, 'text'], attempt: [4, 'number'] }],
  logDirectory: [3, 'text'],
  labels: [6, 'map'],
  annotations: [7, 'map'],
  linux: [8, { security: [2, { namespaces: [1, NAMESPACES], seccomp: [9, SECCOMP] }] }],
}
const MOUNT: Fields = { containerPath: [1, 'text'], hostPath: [2, 'text'], readonly: [3, 'flag'] }
const CONTAINER: Fields = {
  metadata: [1, { name: [1, 'text'], attempt: [2, 'number'] }],
  image: [2, { image: [1, 'text'] }],
  command: [3, ['text']],
  mounts: [7, [MOUNT]],
  labels: [9, 'map'],
  annotations: [10, 'map'],
  logPath: [11, 'text'],
  linux: [
    15,
    {
      security: [
        2,
        { capabilities: [1, { drop: [2, ['text']] }], namespaces: [3, NAMESPACES], seccomp: [15, SECCOMP] },
      ],
    },
  ],
}
const STATUS: Fields = {
  state: [3, 'number'],
  exitCode: [7, 'number'],
  reason: [10, 'text'],
  message: [11, 'text'],
  mounts: [14, [MOUNT]],
}

/** Each call's request and response. */
const CALLS = {
  RunPodSandbox: [{ config: [1, POD], handler: [2, 'text'] }, { id: [1, 'text'] }],
  StopPodSandbox: [{ id: [1, 'text'] }, {}],
  RemovePodSandbox: [{ id: [1, 'text'] }, {}],
  CreateContainer: [{ pod: [1, 'text'], config: [2, CONTAINER], podConfig: [3, POD] }, { id: [1, 'text'] }],
  StartContainer: [{ id: [1, 'text'] }, {}],
  ContainerStatus: [{ id: [1, 'text'] }, { status: [1, STATUS] }],
} as const satisfies Record<string, readonly [Fields, Fields]>
const IMAGE_CALLS = {
  ImageStatus: [{ image: [1, { image: [1, 'text'] }] }, { image: [1, { id: [1, 'text'] }] }],
} as const satisfies Record<string, readonly [Fields, Fields]>

export interface Cri {
  call(name: keyof typeof CALLS, request: Message): Promise<Message>
  hasImage(name: string): Promise<boolean>
}

export function connectCri(socket: string): Cri {
  const send = async (service: string, name: string, shapes: readonly [Fields, Fields], request: Message) =>
    decode(shapes[1], await callGrpc(socket, `/runtime.v1.${service}/${name}`, encode(shapes[0], request)))
  return {
    call: (name, request) => send('RuntimeService', name, CALLS[name], request),
    async hasImage(image) {
      const shapes = IMAGE_CALLS.ImageStatus
      return 'image' in (await send('ImageService', 'ImageStatus', shapes, { image: { image } }))
    },
  }
}
