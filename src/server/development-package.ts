/**
 * Loads a package that only development needs, and that `npm ci --omit=dev` leaves out. Undefined if it is not
 * installed; any other failure of its loading is thrown.
 */
export async function loadDevelopmentPackage<Module>(
  name: string,
  load: () => Promise<Module>,
): Promise<Module | undefined> {
  try {
    return await load();
  } catch (error) {
    if (isMissing(name, error)) return undefined;
    throw error;
  }
}

/** Also one of its own modules may be missing: then the package is broken, and not left out. */
function isMissing(name: string, error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith(`Cannot find package '${name}'`)
  );
}
