import type { Command } from 'commander'
import type { Outcome } from '../program.ts'
import { defineCheck } from './profile/check.ts'
import { defineConvert } from './profile/convert.ts'
import { defineDiff } from './profile/diff.ts'
import { defineExplain } from './profile/explain.ts'
import { defineMerge } from './profile/merge.ts'
import { defineShow } from './profile/show.ts'
import { defineSuggest } from './profile/suggest.ts'
import { defineTransform } from './profile/transform.ts'

const DEFINITIONS = [
  defineExplain,
  defineCheck,
  defineDiff,
  defineSuggest,
  defineMerge,
  defineConvert,
  defineShow,
  defineTransform,
]

export function defineProfile(program: Command, outcome: Outcome): void {
  const group = program.command('profile').description('Look into seccomp profiles, compare and rewrite them.')
  for (const define of DEFINITIONS) define(group, outcome)
}
