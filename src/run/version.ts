/** The version that run records carry; a test holds it against package.json, which a page cannot read. */
export const ENGINE_VERSION = '0.1.0';
