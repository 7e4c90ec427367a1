/**
 * What each example must print, line by line. `<uuid>`, `<port>` and `<number>` stand for what differs from run
 * to run, `<text>` for the rest of a line. Lines in a row that begin with `~ ` may come in any order: they come
 * over different connections.
 */
export const expectedOutputs: Readonly<Record<string, string>> = {
  'quick-start.ts': `
The network listens at localhost:<port>
The agent listens at localhost:<port>
The client is connected
The network now offers: word-counter
Got a container: <uuid>
  the container counts: "the quick brown fox"
First answer: { words: 4, texts: 1 }
  the container counts: "jumps over the lazy dog"
Second answer: { words: 5, texts: 2 }
  the container ends
All is closed
`,

  '01-basic-container-request-response.ts': `
An agent at localhost:<port> offers the kind 'stock-room'
[stock room] opened
put 12 apples: { item: 'apples', amount: 12 }
put 3 pears: { item: 'pears', amount: 3 }
take 5 apples: { item: 'apples', amount: 7 }
take 4 pears: there are only 3 of pears
the same container: true
inventory: Map(2) { 'apples' => 7, 'pears' => 3 }
inventory: Map(3) { 'apples' => 7, 'pears' => 3, 'plums' => 40 }
[stock room] closed with 3 kinds of things in it
`,

  '02-event-broadcasting.ts': `
[hall] welcome: 0 departures so far
[cafe] welcome: 0 departures so far
~ [hall] departure: 10:04 to Lisbon from platform 2
~ [cafe] departure: 10:04 to Lisbon from platform 2
screens that were told: 2
the cafe has left
[hall] departure: 10:30 to Porto from platform 1
screens that were told: 1
all departures: [ '10:04 to Lisbon', '10:30 to Porto' ]
[hall] closed: good night
`,

  '03-multi-tenant.ts': `
[bakery] order book opened
[florist] order book opened
bakery: { number: 1 }
bakery: { number: 2 }
florist: { number: 1 }
bakery: [ 'rye bread for Ada', 'plum cake for Ben' ]
florist: [ 'tulips for Ada' ]
one container a shop: true
summary: { shop: 'bakery', orders: 2, customers: 2, total: '22 EUR' }
summary: { shop: 'florist', orders: 1, customers: 1, total: '12 CHF' }
in the network: order-book [ 'bakery' ]
in the network: order-book [ 'florist' ]
without a shop: an order book belongs to a shop: name it in the labels
~ [bakery] order book closed
~ [florist] order book closed
`,

  '04-complete-production-setup.ts': `
the network listens
agent-1 has registered
agent-2 has registered
agent-3 has registered
3 printers run at 3 agents
12 jobs are done, 12 events told of it
monitoring counts: { agents: 3, containers: 3 }
SIGTERM: the print shop closes
the agents have closed
3 last jobs were finished, 3 printers have said goodbye
the network has closed
`,

  '05-error-handling-retry.ts': `
1. a container that cannot be started
   FACTORY_FAILED, no station answers yet
2. a passing failure: trying again helps
   attempt 1: WARMING_UP, the sensor is warming up
   attempt 2: WARMING_UP, the sensor is warming up
   { celsius: 21.5, reading: 3 }
3. a lasting failure: trying again would not help
   attempt 1: APPLICATION_ERROR, the rain gauge is broken, giving up
   APPLICATION_ERROR, the rain gauge is broken
4. an answer that takes too long
   TIMEOUT, outcome unknown: true
5. a caller that changes its mind
   ABORTED
6. a kind that nobody offers
   NO_AGENT, no agent offers 'tide-gauge'; there are: <text>
7. a container that does not exist
   CONTAINER_NOT_FOUND, there is no container nobody
After all of that the station still works: { celsius: 21.5, reading: 4 }
Panoramas it has given up: 2
`,

  'custom-timeout-example.ts': `
defaults, in seconds: { aliveTimeout: 3, pingInterval: 1, unusedContainerTimeout: 3 }
a patient call: worked for 200 ms
an impatient call: TIMEOUT
held by two other processes: development, production
both have been killed
the one of production has ended after <number> s
still there: development
`,

  'direct-container-communication.ts': `
on its agent: agent://localhost:<port>/<uuid>
  requests through the coordinator: the sum is 20100, <number> µs a request
  direct connection: the sum is 20100, <number> µs a request
with a listener of its own: container://localhost:<port>/<uuid>
  requests through the coordinator: the sum is 20100, <number> µs a request
  direct connection: the sum is 20100, <number> µs a request
without any listener: calculator://hidden/<uuid>
  requests through the coordinator: the sum is 20100, <number> µs a request
  connection, through the coordinator too: the sum is 20100, <number> µs a request
by uuid: 42
`,

  'ha-stateless-container-example.ts': `
east has registered: it serves
west has registered: it stands by
the network knows one counter, at ticket-agent-east
drawn: { ticket: 1, from: 'east' }
drawn: { ticket: 2, from: 'east' }
drawn: { ticket: 3, from: 'east' }
ending the counter at east
~ [east] its counter has ended
~ the reference now leads to tickets://west
drawn: { ticket: 4, from: 'west' }
drawn: { ticket: 5, from: 'west' }
a late comer finds the same one: true
[west] its counter has ended
`,

  'lifecycle-monitoring.ts': `
an agent joins
  agent added: <uuid>, offers lamp
a lamp is asked for
  container added: hall-lamp, labels hall, ceiling
shine: it is bright
it burns out
  container removed: hall-lamp, labels hall, ceiling
the reference is still good: its next request starts another lamp of the same uuid
  container added: hall-lamp, labels hall, ceiling
shine: it is bright
nobody needs it any more: after a while it ends
  container removed: hall-lamp, labels hall, ceiling
  that took <number> s
the agent leaves
  agent removed: <uuid>, offers lamp
`,

  'chat-rooms.ts': `
the page: 200 text/html; charset=utf-8
Ann says hello: 204
Ann hears: { id: 1, user: 'Ann', text: 'hello' }
Ben hears: { id: 1, user: 'Ann', text: 'hello' }
Ben answers: 204
Ann hears: { id: 2, user: 'Ben', text: 'hello yourself' }
Ben hears: { id: 2, user: 'Ben', text: 'hello yourself' }
in the garden: 204
without a text: 400
in no room: 404
rooms: [ 'garden', 'general' ]
`,

  'workspaces.ts': `
Ann creates document 1
Ben hears: { user: 'Ann', created: 'Plan' }
Ben lists: [ 'Plan' ]
Cleo creates document 1
Cleo creates document 2
Cleo creates a third: QUOTA, the plan 'free' has 2 documents
Cleo lists acme: FORBIDDEN, Cleo is no member of acme
a tenant that is none: NO_SUCH_TENANT, there is no workspace 'nowhere'
running: [ 'workspace-acme', 'workspace-zenith' ]
at different agents: true
later, Ann lists: [ 'Plan' ]
`,

  'sharded-workers.ts': `
8 shards at 3 agents: [ 2, 3, 3 ]
12000 words are counted
different words: 100 each counted: [ 120 ]
no word is in two shards: true
`,

  'leader-with-standbys.ts': `
sweep the hall: assigned by the first, its number 1
wind the clock: assigned by the first, its number 2
the first is killed
water the plants: assigned by the second, its number 1
the new token is higher: true
the second is asked to leave
lock the door: assigned by the third, its number 1
`,

  'collaborative-counter.ts': `
Ann sees 3 and Ben sees 3
the process that hosts the counter is killed while both go on counting
20 more have been counted
Ann sees 33 and Ben sees 33
it runs elsewhere: true
`
}
