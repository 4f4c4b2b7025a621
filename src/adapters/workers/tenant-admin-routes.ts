/** /v1/admin/tenants: who is served here, and what each would be brought back from; for the operator alone. */
import { Hono } from 'hono';
import { iso } from './admin-request.js';
import type { TenantBackup } from './contract.js';
import { directoryOf } from './directory.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { operatorTenant } from './operator.js';
import { refuse, unavailable } from './problem.js';

export const tenantRoutes = new Hono<EdgeHono>().get('/tenants', async (context) => {
  const { env } = context;
  if (context.get('identity').tenant !== operatorTenant(env)) {
    return refuse(403, 'ERR_FORBIDDEN', "tenants of the server are for the operator's tenant");
  }
  const tenants = await known(context).catch((error) => {
    throw unavailable(error);
  });
  return context.json({
    tenants: tenants.map(({ tenant, since, newest }) => ({
      tenant,
      since: iso(since),
      newestBackup: newest
        ? { created: iso(newest.created), target: newest.target, place: newest.place }
        : null,
    })),
  });
});

async function known({ env }: EdgeContext): Promise<TenantBackup[]> {
  return await directoryOf(env).tenantBackups();
}
