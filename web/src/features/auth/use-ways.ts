import type { ListSignInWaysResponse } from '@beseda/proto/identity/v1/identity_service'
import { onMounted, type ShallowRef, shallowRef } from 'vue'
import { handled } from '../../diagnostics/log.js'
import { identity } from '../../net/clients/identity.js'

/** How people sign in here, and who may register. Undefined until the server has answered. */
export function useWays(): Readonly<ShallowRef<ListSignInWaysResponse | undefined>> {
  const ways = shallowRef<ListSignInWaysResponse>()
  onMounted(async () => {
    ways.value = await identity.listSignInWays({}).catch(handled('sign-in.ways'))
  })
  return ways
}
