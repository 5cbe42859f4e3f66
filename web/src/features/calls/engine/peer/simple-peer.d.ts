/** The prebuilt bundle: the bare import needs Node's shims. */
declare module 'simple-peer/simplepeer.min.js' {
  import SimplePeer from 'simple-peer'

  export default SimplePeer
}
