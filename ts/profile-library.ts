/** What the public interface offers as `profiles`. */

export { check, type CheckOptions, type ProfileFinding } from './check.ts'
export * from './convert.ts'
export * from './diff.ts'
export * from './explain.ts'
export * from './merge.ts'
export * from './suggest.ts'
export * from './transform.ts'
export {
  parse,
  resolve,
  runtimeDefault,
  type ProfileDocument,
  type ProfileFacts,
  type ProfileFormat,
  type Resolved,
  type UnusedRule,
  type UsedFacts,
} from './profile-text.ts'
