/** What handlers of /v1/admin have in common: whose request it is, what it brings, and how times are told. */
import * as v from 'valibot';
import { faultOf, parseJson } from './batch-json.js';
import { readBody } from './body.js';
import type { TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeContext } from './http-context.js';
import { fail, Problem } from './problem.js';

const MOST_BYTES = 64 * 1024;

export const tenantOf = (context: EdgeContext) => context.get('identity').tenant;

/** The tenant's configuration, as the directory has it now. */
export async function configOf(context: EdgeContext): Promise<TenantConfig> {
  return await tenantConfig(context.env, tenantOf(context), true).catch(fail);
}

/** A body of JSON that fits a schema; none is as good as {}. */
export async function body<Schema extends v.GenericSchema>(
  context: EdgeContext,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const bytes = await readBody(context.req.raw, MOST_BYTES, MOST_BYTES);
  const parsed = v.safeParse(schema, bytes.length === 0 ? {} : parseJson(bytes));
  if (parsed.success) return parsed.output;
  throw new Problem({
    status: 400,
    code: 'ERR_BODY',
    detail: 'the body does not fit what is expected',
    faults: parsed.issues.map(faultOf),
  });
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
