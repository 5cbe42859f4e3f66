declare module 'virtual:emoji/*' {
  const rows: readonly [emoji: string, group: number, toned: 0 | 1, name: string, codes: string, words: string][]
  export default rows
}
