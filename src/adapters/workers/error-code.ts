/** The code of an error of the library; its kind where it has none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.name;
  return typeof error;
}
