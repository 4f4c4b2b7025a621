/** What the page is told of its edge when it is loaded. */

export interface PageConfig {
  url: string;
  token: string;
  /** A public ingest key: the page measures itself with it. */
  key?: string;
}

/** @throws Error that says what is wrong with it */
export async function readConfig(): Promise<PageConfig> {
  const response = await fetch('config.json');
  if (!response.ok) throw new Error(`the server answered ${response.status} to config.json`);
  const said = (await response.json().catch(() => null)) as Partial<PageConfig> | null;
  if (typeof said?.url !== 'string' || typeof said.token !== 'string') {
    throw new Error('config.json has no url and token');
  }
  return said as PageConfig;
}
