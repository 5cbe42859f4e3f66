import { newSealKey } from '@beseda/client-protocol/sealed'
import { ENVIRONMENT, provide, type ServiceModule, TRANSPORT } from '@beseda/platform'
import { Module } from '@nestjs/common'
import { Registry } from 'prom-client'
import { SignedTickets } from './adapters/call-tickets.js'
import { OpenAiEngine } from './adapters/openai-engine.js'
import { CaptionController } from './adapters/rpc/caption.controller.js'
import { Captions } from './application/captions.js'
import { CallTickets, CaptionObserver, SpeechEngine } from './application/ports.js'
import { CaptionConfig, readCaptionConfig } from './config.js'
import { CaptionEvents } from './events.js'

@Module({
  controllers: [CaptionController],
  providers: [
    provide(CaptionConfig, [ENVIRONMENT], readCaptionConfig),
    provide(SpeechEngine, [CaptionConfig], (config) => new OpenAiEngine(config)),
    provide(CallTickets, [TRANSPORT], (rpc) => new SignedTickets(rpc)),
    provide(CaptionObserver, [Registry], (registry) => new CaptionEvents(registry)),
    provide(
      Captions,
      [SpeechEngine, CallTickets, CaptionObserver, CaptionConfig],
      async (engine, tickets, observer, { parallel }) =>
        // A key that is not kept anywhere: what was heard on the way before cannot be opened with it.
        new Captions(engine, tickets, observer, {
          key: await newSealKey(crypto),
          parallel,
          now: () => performance.now(),
        }),
    ),
  ],
})
export class CaptionModule {}

export const captionService: ServiceModule = { name: 'caption', module: CaptionModule }
