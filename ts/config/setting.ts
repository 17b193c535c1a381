/** PURE. One setting, and a section of settings, as valibot schemas that know their documentation. */

import * as v from 'valibot'
import { isMapping, meant, show, type Kind } from './kinds.ts'

/** What docs/configuration.md says of a setting; `null` is no default. The example is one that is accepted. */
export type SettingMetadata = { type: string; default: unknown; example: unknown; text: string }

export interface DocumentedSetting extends SettingMetadata {
  /** `policy.action` */
  path: string
}

/** A mapping of these settings and no others. */
export function section<const T extends v.ObjectEntries>(entries: T) {
  const known = Object.keys(entries)
  const accepted = `accepted: ${known.join(', ')}`
  const object = v.strictObject(entries, issue => {
    const key = issue.path?.at(-1)?.key
    return `unknown setting; ${accepted}${meant(key, known)}`
  })
  // Valibot takes a list for an object without keys.
  const mapping = v.custom<v.InferInput<typeof object>>(
    isMapping,
    issue => `${show(issue.input)} is not a mapping; ${accepted}`,
  )
  return v.pipe(mapping, object)
}

/** A setting that may be left out. */
export function setting<Output, const Input>(
  kind: Kind<Output, Input>,
  byDefault: Input,
  example: NoInfer<Input>,
  text: string,
) {
  return v.optional(describe(kind, { default: byDefault, example, text }), byDefault)
}

/** A setting without default. */
export function optionalSetting<Output, Input>(kind: Kind<Output, Input>, example: NoInfer<Input>, text: string) {
  return v.optional(describe(kind, { default: null, example, text }))
}

/** All settings below a schema, in its order. */
export function listSettings(schema: v.GenericSchema, path: readonly string[] = []): DocumentedSetting[] {
  const metadata = v.getMetadata(unwrap(schema)) as Partial<SettingMetadata>
  if (metadata.type !== undefined) return [{ path: path.join('.'), ...(metadata as SettingMetadata) }]
  return Object.entries(entriesOf(unwrap(schema))).flatMap(([key, entry]) => listSettings(entry, [...path, key]))
}

type Nested = v.GenericSchema & {
  wrapped?: v.GenericSchema
  entries?: Record<string, v.GenericSchema>
  pipe?: readonly Nested[]
}

function unwrap(schema: Nested): Nested {
  return schema.wrapped === undefined ? schema : unwrap(schema.wrapped)
}

function entriesOf(schema: Nested): Record<string, v.GenericSchema> {
  const parts = schema.pipe ?? []
  return (
    schema.entries ??
    parts
      .filter(part => part !== schema)
      .map(entriesOf)
      .find(found => Object.keys(found).length > 0) ??
    {}
  )
}

function describe<Output, Input>(kind: Kind<Output, Input>, told: Omit<SettingMetadata, 'type'>) {
  const metadata: SettingMetadata = { type: kind.type, ...told }
  return v.pipe(kind.schema, v.metadata(metadata))
}
