import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import {
  GetListArrangementResponseSchema,
  ListPlace,
  PlaceConversationResponseSchema,
  SetListSectionsResponseSchema,
} from '@beseda/proto/notify/v1/notify_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { notify } from '../net/index.js'
import { NOT_ARRANGED } from '../sync/model/arrangement.js'
import { useArrangement } from './arrangement.js'
import { openedPage, signedIn } from './testing.js'

let page: ReturnType<typeof openedPage>
const favourite = (...favouriteIds: string[]) => ({ sections: [], favouriteIds, archivedIds: [] })
const changed = (...ids: string[]) =>
  create(UserEventSchema, { event: { case: 'listArrangement', value: favourite(...ids) } })

beforeEach(() => {
  localStorage.clear()
  page = openedPage()
})
afterEach(() => vi.restoreAllMocks())

test('what is arranged on another device is so here at once, and after the next start before the server answers', () => {
  const arrangement = useArrangement()
  page.says('userEvent', changed('chess'))
  expect(arrangement.current).toEqual(favourite('chess'))
  openedPage()
  expect(useArrangement().current).toEqual(favourite('chess'))
  openedPage()
  signedIn('eve')
  expect(useArrangement().current).toEqual(NOT_ARRANGED)
})

test('an answer that a change has overtaken does not undo it', async () => {
  const asked = vi.spyOn(notify, 'getListArrangement')
  const answer = Promise.withResolvers<ReturnType<typeof responseOf>>()
  const responseOf = (...ids: string[]) => create(GetListArrangementResponseSchema, { arrangement: favourite(...ids) })
  asked.mockReturnValueOnce(answer.promise).mockResolvedValueOnce(responseOf('chess'))
  const arrangement = useArrangement()
  const loaded = arrangement.load()
  page.says('userEvent', changed('chess'))
  answer.resolve(responseOf())
  await loaded
  expect(arrangement.current).toEqual(favourite('chess'))
})

test('a new section is made before a conversation is put into it', async () => {
  const made = vi.spyOn(notify, 'setListSections').mockImplementation(async ({ sections = [] }) => {
    const named = sections.map(({ id = '', name = '' }) => ({ id, name, groupIds: [] }))
    return create(SetListSectionsResponseSchema, { arrangement: { sections: named } })
  })
  const placed = vi.spyOn(notify, 'placeConversation').mockImplementation(async ({ sectionId = '', groupId = '' }) => {
    const sections = [{ id: sectionId, name: 'Work', groupIds: [groupId] }]
    return create(PlaceConversationResponseSchema, { arrangement: { sections } })
  })
  const arrangement = useArrangement()
  await arrangement.placeInNew('chess', 'Work')
  const id = made.mock.calls[0]?.[0].sections?.[0]?.id
  expect(placed).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ groupId: 'chess', place: ListPlace.SECTION, sectionId: id }),
  )
  expect(arrangement.current.sections).toEqual([{ id, name: 'Work', groupIds: ['chess'] }])
})
