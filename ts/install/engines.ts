/** PURE: the engines that are known. */

import type { Engine } from './engine.ts'
import { containerd } from './engines/containerd.ts'
import { crio } from './engines/crio.ts'
import { docker } from './engines/docker.ts'
import { podman } from './engines/podman.ts'

export const ENGINES = { docker, containerd, podman, crio } as const satisfies Record<string, Engine>
export type EngineName = keyof typeof ENGINES
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[]
