import { expect, test } from 'vitest'
import { readExportConfig, readKafkaConfig } from './config.js'

test('without somewhere to export to there is nothing to start', () => {
  expect(() => readExportConfig({})).toThrow('KAFKA_BROKERS or EVENTSTORE_URL')
  expect(readExportConfig({ EVENTSTORE_URL: 'esdb://host' })).toMatchObject({
    kafka: undefined,
    eventStoreUrl: 'esdb://host',
  })
})

test('Kafka needs its brokers alone; what people delete is erased there unless it is said otherwise', () => {
  expect(readKafkaConfig({ KAFKA_BROKERS: ' a:9092, b:9092 ,' })).toEqual({
    brokers: ['a:9092', 'b:9092'],
    topic: 'beseda.history.v1',
    format: 'protobuf',
    key: 'message',
    erasure: 'honour',
    names: false,
    tls: undefined,
    sasl: undefined,
  })
})

test.each([
  [{ KAFKA_ERASURE: 'sometimes' }, 'KAFKA_ERASURE must be one of honour, retain'],
  [{ KAFKA_KEY: 'person' }, 'KAFKA_KEY must be one of message, group'],
  [{ KAFKA_USERNAME: 'beseda' }, 'KAFKA_USERNAME and KAFKA_PASSWORD belong together'],
  [{ KAFKA_USERNAME: 'beseda', KAFKA_PASSWORD: 'x', KAFKA_SASL: 'kerberos' }, 'KAFKA_SASL must be one of'],
])('%j is refused by name', (env, sentence) => {
  expect(() => readKafkaConfig({ KAFKA_BROKERS: 'a:9092', ...env })).toThrow(sentence)
})
