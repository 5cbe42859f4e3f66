import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type RolldownOptions, rolldown } from 'rolldown'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import config from './servers.config.mjs'

let root: string
const write = async (files: Record<string, string>) => {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
}
const ofPackage = (name: string, code: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: code,
})

/** The files of a bundle of `src/main.ts`, made as those of the servers. */
async function bundled(): Promise<Map<string, string>> {
  const { output, ...input } = config as RolldownOptions
  const bundle = await rolldown({ ...input, cwd: root, input: { main: 'src/main.ts' } })
  onTestFinished(() => bundle.close())
  const made = await bundle.generate(Array.isArray(output) ? output[0] : output)
  return new Map(made.output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)]))
}
const all = (files: Map<string, string>) => [...files.values()].join('\n')

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'beseda-bundle-'))
  return () => rm(root, { recursive: true, force: true })
})

describe('the bundles of the servers', () => {
  it('keep the types of constructor parameters, by which Nest injects', async () => {
    await write({
      'src/main.ts': `import { Port } from './port.js'
        const Injectable = (): ClassDecorator => () => {}
        @Injectable() class Port2 { constructor(readonly port: Port) {} }
        console.log(Port2)`,
      'src/port.ts': 'export abstract class Port { abstract go(): void }',
    })
    expect(all(await bundled())).toMatch(/"design:paramtypes", \[[^\]]*Port/)
  })

  it('have maps of our own code, which name the sources, and none of packages', async () => {
    await write({
      ...ofPackage('helper', 'export const help = (x) => { throw new Error(x) }'),
      'src/main.ts': "import { help } from 'helper'\nconst text: string = process.argv[2] ?? ''\nhelp(text)\n",
    })
    const files = await bundled()
    const maps = [...files].filter(([name]) => name.endsWith('.map')).map(([, map]) => JSON.parse(map).sources)
    expect(maps).toEqual([['../../src/main.ts']])
    expect(files.get('main.js')).toContain('//# sourceMappingURL=main.js.map')
    const packages = [...files].filter(([, code]) => code.includes('throw new Error(x)'))
    expect(packages).toHaveLength(1)
    expect(packages[0]?.[1]).not.toContain('sourceMappingURL')
  })

  it('evaluate modules in the order of the imports, also across files', async () => {
    await write({
      ...ofPackage('second', "export const order = globalThis.isFirst ? 'as written' : 'too early'"),
      'src/main.ts': "import './own.js'\nexport { order } from 'second'\n",
      'src/own.ts': 'Object.assign(globalThis, { isFirst: true })',
    })
    await write(Object.fromEntries(await bundled()))
    expect(await import(join(root, 'main.js'))).toMatchObject({ order: 'as written' })
  })

  it('have a file for each thread, which is found from where the code is', async () => {
    await write({
      'src/main.ts': "export { told } from './threads/start.js'\n",
      'src/threads/start.ts': `import { once } from 'node:events'
        import { Worker } from 'node:worker_threads'
        const thread = new Worker(new URL('./thread.js', import.meta.url))
        export const told: string = (await once(thread, 'message'))[0]`,
      'src/threads/thread.ts': "import { parentPort } from 'node:worker_threads'\nparentPort?.postMessage('here')\n",
    })
    await write(Object.fromEntries(await bundled()))
    expect(await import(join(root, 'main.js'))).toMatchObject({ told: 'here' })
  })

  it('are not made if code names another file beside itself, which would be missing', async () => {
    await write({ 'src/main.ts': "console.log(new URL('./words.json', import.meta.url))\n" })
    await expect(bundled()).rejects.toThrow('main.ts names a file')
  })

  it('leave out packages with native code, and what Nest does not need', async () => {
    await write({ 'src/main.ts': "import 'sharp'\nimport '@node-rs/argon2'\nawait import('@nestjs/websockets')\n" })
    const code = all(await bundled())
    for (const name of ['sharp', '@node-rs/argon2', '@nestjs/websockets']) expect(code).toContain(`"${name}"`)
  })

  it('are not made without a package that is imported', async () => {
    await write({ 'src/main.ts': "import 'a-package-that-is-missing'\n" })
    await expect(bundled()).rejects.toThrow('a-package-that-is-missing')
  })
})
