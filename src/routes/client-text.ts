// The browser helper as the build finds it, and the version of the package: build.mjs writes both into what the
// compiler makes of this file. Nothing is read at run time, so that a bundler has all of it.

/** The text of dist/browser/index.mjs. */
export const helper: string = 'written by build.mjs'
/** As package.json has it. */
export const version: string = 'written by build.mjs'
